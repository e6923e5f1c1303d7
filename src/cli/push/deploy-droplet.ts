import { made, type PushStep } from './push-step.ts';
import { deployRolling, startStopped, stopAndStart } from './start-app.ts';

/** Puts the droplet in service: gently when the app runs, else by starting it. */
export const deploy: PushStep = async (state, tools) => {
  const dropletGuid = made(state, 'dropletGuid');
  const { app } = state;
  if (app.state === 'STOPPED') await startStopped(app, dropletGuid, tools);
  else if (tools.options.strategy === 'restart') await stopAndStart(app, dropletGuid, tools);
  else await deployRolling(app, dropletGuid, tools);
  return state;
};
