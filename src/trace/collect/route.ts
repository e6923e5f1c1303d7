import { type Answer, ask } from './ask.ts';

export interface RouteAnswer {
  /** In one line. */
  readonly route: string | undefined;
  readonly device: string | undefined;
  readonly answer: Answer;
}

/** Which way this host sends packets to `host`. */
export async function findRoute(host: string): Promise<RouteAnswer> {
  const answer = await ask(['ip', '-4', 'route', 'get', host]);
  const line = answer.ok ? firstLine(answer.text) : undefined;
  return { route: line, device: line && /\bdev (\S+)/.exec(line)?.[1], answer };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/ uid \d+/, '').trim();
}
