/**
 * URL at which a route answers. The API is a route of the same router, so scheme and port of the
 * API's URL are those of every route.
 */
export function publicUrl(route: string, api: string): string {
  const { protocol, port } = new URL(api);
  const slash = route.indexOf('/');
  const host = slash < 0 ? route : route.slice(0, slash);
  const path = slash < 0 ? '' : route.slice(slash);
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}${path}`;
}
