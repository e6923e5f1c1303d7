/** An agent that dies by SIGKILL at one step of attaching or detaching; see recovery.test.ts. */
import { createHostNetwork } from '../../src/hostnet/kernel-host-network.ts';
import { type Fault, type FaultyStep, faultyTool } from './faulty-tools.ts';
import { labOptions, request } from './open-network.ts';

export interface VictimTask {
  readonly stateDir: string;
  readonly during: 'attach' | 'detach';
  readonly step: FaultyStep;
  readonly fault: Fault;
}

const task = JSON.parse(process.argv[2] ?? '') as VictimTask;
const network = createHostNetwork(await labOptions({ stateDir: task.stateDir }));
await network.setUp();
const wanted = request();
if (task.during === 'detach') await network.attach(wanted);
const fault = await faultyTool(task.step, task.fault);
process.stdout.write('armed\n');
await (task.during === 'attach' ? network.attach(wanted) : network.detach(wanted.instanceId));
await fault[Symbol.asyncDispose](); // not reached
