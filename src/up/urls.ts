/** `http://host` or `http://host:port`; port 80 is left out. */
export function httpUrl(host: string, port: number): string {
  return port === 80 ? `http://${host}` : `http://${host}:${port}`;
}

export function apiHost(domain: string): string {
  return `api.${domain}`;
}
