/** Apart from `trace.ts`, so that routers, which are kept small, need not load its schemas. */

/** Request header that marks the one request. A router removes it before the app sees it. */
export const TRACE_HEADER = 'x-sprue-trace';

/** Agents disarm after this at the latest, whatever they were told. */
export const MAX_TRACE_MS = 30_000;

/** What one agent watches for at a time; it says so when asked for more. */
export const MAX_ARMED_TRACES = 20;
