/** What a trace wants to know of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly requestId?: string;
  readonly routerError?: string;
}

/** Reads the final answer's head as soon as it is whole; heads of 1xx before it are passed over. */
export function readAnswerHead(text: string): AnswerHead | undefined {
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
    rest = rest.slice(end + 4);
    if (status >= 100 && status < 200 && status !== 101) continue;
    const requestId = headerOf(lines, 'x-vcap-request-id');
    const routerError = headerOf(lines, 'x-cf-routererror');
    return {
      status,
      ...(requestId !== undefined && { requestId }),
      ...(routerError !== undefined && { routerError }),
    };
  }
}

function headerOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find(text => text.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
