import { reasonPhrase } from '../../http1/reason-phrase.ts';

/** An answer that the router gives itself, in gorouter's words. */
export interface LocalReply {
  readonly status: number;
  /** Value of X-Cf-RouterError; '' leaves the header out. */
  readonly routerError: string;
  /** Behind `CODE Reason: `; '' means no body at all. */
  readonly message: string;
  readonly cacheControl: string;
}

const NO_STORE = 'no-cache, no-store';
const SHORT = 'public,max-age=2';

export function unknownRoute(host: string): LocalReply {
  return {
    status: 404,
    routerError: 'unknown_route',
    message: `Requested route ('${host}') does not exist.`,
    cacheControl: NO_STORE,
  };
}

export function noEndpoints(host: string): LocalReply {
  return {
    status: 503,
    routerError: 'no_endpoints',
    message: `Requested route ('${host}') has no available endpoints.`,
    cacheControl: SHORT,
  };
}

export const EMPTY_HOST: LocalReply = {
  status: 400,
  routerError: 'empty_host',
  message: 'Request had empty Host header',
  cacheControl: SHORT,
};

/** @param cause one of the causes of the failure table; never text of the system */
export function endpointFailure(status: number, cause: string): LocalReply {
  return {
    status,
    routerError: `endpoint_failure (${cause})`,
    message: 'Registered endpoint failed to handle the request.',
    cacheControl: '',
  };
}

/** A request that is not read any further. */
export function refusedRequest(status: number, refusal: string): LocalReply {
  const routerError =
    status === 431 ? 'max-request-size-exceeded' : `malformed_request (${refusal})`;
  return {
    status,
    routerError,
    message: status === 431 ? '' : `Request was refused (${refusal}).`,
    cacheControl: '',
  };
}

export const REQUEST_TIMEOUT: LocalReply = {
  status: 408,
  routerError: 'request_timeout',
  message: 'Request did not arrive in time.',
  cacheControl: '',
};

export interface ReplyForm {
  readonly isHttp10: boolean;
  readonly answersHead: boolean;
  readonly closes: boolean;
  readonly keepsAlive: boolean;
  readonly dateLine: string;
}

export function localReplyText(reply: LocalReply, form: ReplyForm): string {
  const reason = reasonPhrase(reply.status);
  const body = reply.message === '' ? '' : `${reply.status} ${reason}: ${reply.message}\n`;
  let text = `HTTP/1.${form.isHttp10 ? 0 : 1} ${reply.status} ${reason}\r\n`;
  if (reply.cacheControl !== '') text += `Cache-Control: ${reply.cacheControl}\r\n`;
  text += `Content-Type: text/plain; charset=utf-8\r\n${form.dateLine}`;
  if (reply.routerError !== '') text += `X-Cf-RouterError: ${reply.routerError}\r\n`;
  text += `X-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\n`;
  text += connectionLine(form);
  return form.answersHead ? `${text}\r\n` : `${text}\r\n${body}`;
}

/** gorouter's answer to a load balancer that asks on the traffic port. */
export function healthReplyText(isHealthy: boolean, form: ReplyForm): string {
  const status = isHealthy ? '200 OK' : '503 Service Unavailable';
  const body = isHealthy && !form.answersHead ? 'ok\n' : '';
  const version = `HTTP/1.${form.isHttp10 ? 0 : 1}`;
  return (
    `${version} ${status}\r\nCache-Control: private, max-age=0\r\nExpires: 0\r\n${form.dateLine}` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${isHealthy ? 3 : 0}\r\n` +
    `${connectionLine(form)}\r\n${body}`
  );
}

function connectionLine(form: ReplyForm): string {
  if (form.closes) return 'Connection: close\r\n';
  return form.isHttp10 && form.keepsAlive ? 'Connection: keep-alive\r\n' : '';
}
