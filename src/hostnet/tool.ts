import { which } from '../exec/which.ts';

/** Path of an administration tool, also when PATH lacks `/usr/sbin` as in a plain `su`. */
export function tool(name: string): string {
  return which(name) ?? name;
}
