import { isIP } from 'node:net';
import { SprueError } from '../core/errors.ts';
import { VCAP_GID, VCAP_HOME, VCAP_UID } from './vcap.ts';
import type { ContainerSpec } from './warden.ts';

const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;

const PASSWD = `\
root:x:0:0:root:/:/usr/sbin/nologin
vcap:x:${VCAP_UID}:${VCAP_GID}:app:${VCAP_HOME}:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

const GROUP = `\
root:x:0:
tty:x:5:
vcap:x:${VCAP_GID}:
nogroup:x:65534:
`;

const NSSWITCH = `\
passwd: files
group: files
hosts: files dns
networks: files
protocols: files
services: files
`;

export type EtcSpec = Pick<ContainerSpec, 'hostname' | 'containerIp' | 'nameservers'>;

/**
 * Contents of the files below `/etc`, by name.
 * @throws SprueError `INVALID_ADDRESS` for a host name or address that could forge a line.
 */
export function etcFiles(spec: EtcSpec): Readonly<Record<string, string>> {
  check(HOSTNAME.test(spec.hostname), spec.hostname, 'a host name');
  for (const address of [spec.containerIp, ...spec.nameservers])
    check(isIP(address) !== 0, address, 'an IP address');
  return {
    passwd: PASSWD,
    group: GROUP,
    'nsswitch.conf': NSSWITCH,
    hostname: `${spec.hostname}\n`,
    hosts: `127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n${spec.containerIp} ${spec.hostname}\n`,
    'resolv.conf': spec.nameservers.map(address => `nameserver ${address}\n`).join(''),
  };
}

function check(valid: boolean, received: string, expected: string): void {
  if (!valid) throw new SprueError('INVALID_ADDRESS', { received, expected });
}
