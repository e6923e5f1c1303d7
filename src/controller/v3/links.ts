import type { Link } from '../../proto/v3/resource.ts';

/** `{"data": {"guid": …}}` */
export function toOne(guid: string | undefined) {
  return { data: guid === undefined ? null : { guid } } as const;
}

export function link(base: string, path: string, method?: string): Link {
  return { href: `${base}${path}`, ...(method !== undefined && { method }) };
}
