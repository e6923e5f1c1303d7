import type { Api } from '../api/api.ts';

/** Whether an instance of the app serves right now, whatever was just tried with a newer version. */
export async function stillServes(api: Api, appGuid: string): Promise<boolean> {
  const processes = await api.apps.processes(appGuid);
  const stats = await Promise.all(processes.map(({ guid }) => api.apps.stats(guid)));
  return stats.flat().some(({ state, routable }) => state === 'RUNNING' && routable !== false);
}
