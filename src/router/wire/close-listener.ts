import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';

/** Linux 5.14: Documentation/networking/ip-sysctl.rst, `tcp_migrate_req`; per network namespace. */
const MIGRATE = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * Closes a listener. Connections that wait in its queue, accepted by the kernel and not yet by us, would be
 * reset; while the kernel may migrate them they go to the next router that listens on the port. Closing
 * happens at once, so the setting is changed for that moment only. Where it cannot be changed (an older
 * kernel, no right to) the listener is closed as ever.
 */
export function closeListener(server: Server): void {
  const before = readSetting();
  const migrates = before !== undefined && writeSetting('1');
  server.close();
  if (migrates) writeSetting(before);
}

function readSetting(): string | undefined {
  try {
    return readFileSync(MIGRATE, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function writeSetting(value: string): boolean {
  try {
    writeFileSync(MIGRATE, value);
    return true;
  } catch {
    return false;
  }
}
