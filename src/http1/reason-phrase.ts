/**
 * Reason phrases (RFC 9110 §15, RFC 6585 §5) of the statuses that the router itself answers with.
 * Not from `node:http`: importing that loads Node's HTTP stacks and costs the process 8 MB.
 */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** May be empty, which the status line allows (RFC 9112 §4). */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? '';
}
