/** Plain numbers that only grow, or gauges; a metrics registry reads them when asked. */
export class ProxyCounters {
  requests = 0;
  refusedRequests = 0;
  responses2xx = 0;
  responses3xx = 0;
  responses4xx = 0;
  responses5xx = 0;
  /** Requests whose client went away. */
  clientAborts = 0;
  /** Responses that broke off after their head was sent. */
  truncatedResponses = 0;
  endpointFailures = 0;
  retries = 0;
  /** Requests sent again because a kept-alive connection turned out to be closed. */
  staleConnections = 0;
  dials = 0;
  websocketUpgrades = 0;
  websocketFailures = 0;
  /** Now. */
  clientConnections = 0;
  endpointConnections = 0;
  tunnels = 0;

  countResponse(status: number): void {
    if (status < 300) this.responses2xx++;
    else if (status < 400) this.responses3xx++;
    else if (status < 500) this.responses4xx++;
    else this.responses5xx++;
  }
}
