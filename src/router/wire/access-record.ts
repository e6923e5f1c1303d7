/**
 * What is known about one request when it has ended, whether it went well or not. Each request has a
 * record of its own; nobody changes it after it was written.
 */
export class AccessRecord {
  /** Host as the client sent it, with port; '' when the head could not be read. */
  host = '';
  method = '';
  /** Request target, byte for byte, as latin1. */
  target = '';
  /** `HTTP/1.1` or `HTTP/1.0`. */
  protocol = 'HTTP/1.1';
  /** 0 when no answer was begun. 499 = the client went away before. */
  status = 0;
  requestBodyBytes = 0;
  /** Body bytes handed to the client's socket, without chunk framing. */
  responseBodyBytes = 0;
  referer = '';
  userAgent = '';
  /** `ip:port` of the client's connection. */
  remoteAddress = '';
  /** As sent to the endpoint; without an endpoint, as received. */
  forwardedFor = '';
  forwardedProto = '';
  /** X-Vcap-Request-Id */
  requestId = '';
  /** Value of X-Cf-RouterError; for a response that broke off, what happened. */
  routerError = '';

  /** `ip:port` of the last endpoint that was tried, or ''. */
  endpointAddress = '';
  appGuid = '';
  instanceIndex = '';
  instanceId = '';
  /** Router's own port of the connection to the endpoint; 0 when there was none. */
  localPort = 0;
  /** Router's own port of the client's connection. */
  listenPort = 0;
  /** Whether the connection to the endpoint had served a request before. */
  reusedConnection = false;

  /** Wall clock at the first byte of the request, fractional milliseconds since the epoch. */
  startedEpochMs = 0;
  /** Whole request, from its head to the last byte of its answer. */
  totalMs = 0;
  /** From the first attempt to reach an endpoint to the end of its answer; -1 without an endpoint. */
  endpointMs = -1;
  /** Opening the connection to the endpoint; -1 when it was reused. */
  dialMs = -1;
  /** From sending the request to the head of the answer; -1 when none came. */
  firstByteMs = -1;
  failedAttempts = 0;
  failedAttemptsMs = 0;
}

/** Where records go. Must not block; the record may be formatted now or later. */
export interface AccessLog {
  write(record: AccessRecord): void;
}
