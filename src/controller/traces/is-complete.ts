import type {
  Observation,
  ObservationOf,
  RouterObservation,
  TraceArmed,
} from '../../proto/trace.ts';

export interface CompletenessInput {
  readonly observations: readonly Observation[];
  /** Who stands ready, or should: who is slow may still speak. */
  readonly agents: readonly Pick<TraceArmed, 'role' | 'agent'>[];
  /** Id of the DEA at an address. */
  deaAt(host: string): string | undefined;
}

/** Whether everything is there that those who are there can be expected to say. Pure. */
export function isComplete(input: CompletenessInput): boolean {
  const { observations, agents } = input;
  const client = observations.find(isOf('client'));
  if (client === undefined) return false;
  if (client.flow === undefined) return true;
  const isThere = (role: TraceArmed['role']) => agents.some(agent => agent.role === role);
  const hasEdge = observations.some(({ source }) => source === 'edge-nat');
  const routers = observations.filter(isOf('router'));
  if (routers.length === 0) {
    const isLost = client.outcome.startsWith('connect-');
    return isLost ? hasEdge || !isThere('edge') : !isThere('router');
  }
  const { destination } = client.flow;
  const isDirect = routers.some(record => record.client.destination.host === destination.host);
  if (!isDirect && isThere('edge') && !hasEdge) return false;
  return routers.every(record => hasAllAttempts(record, input));
}

function hasAllAttempts(
  { requestId, attempts }: RouterObservation,
  { observations, agents, deaAt }: CompletenessInput,
): boolean {
  return attempts.every(({ n, appGuid, endpoint }) => {
    const dea = deaAt(endpoint.host);
    const isExpected =
      appGuid !== undefined && agents.some(({ role, agent }) => role === 'dea' && agent === dea);
    if (!isExpected) return true;
    const isHere = ({ subject }: ObservationOf<'dea-nat' | 'container'>) =>
      subject.requestId === requestId && subject.attempt === n;
    const nat = observations.filter(isOf('dea-nat')).find(isHere);
    if (nat === undefined) return false;
    // Without an element the port leads to no container that could be looked at.
    return nat.element === undefined || observations.filter(isOf('container')).some(isHere);
  });
}

function isOf<S extends Observation['source']>(source: S) {
  return (item: Observation): item is ObservationOf<S> => item.source === source;
}
