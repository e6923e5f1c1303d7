import { reasonOf, SprueError } from '../core/errors.ts';
import type { RegistryMessage } from './table/registry-message.ts';

/**
 * Decodes `router.register` and `router.unregister` as strictly as gorouter: a field of the wrong
 * JSON type refuses the whole message, `null` counts as absent, unknown fields are ignored.
 * @throws SprueError `INVALID_MESSAGE`
 */
export function decodeRegistryMessage(subject: string, text: string): RegistryMessage {
  try {
    return toMessage(fieldsOf(JSON.parse(text), 'the message'));
  } catch (cause) {
    throw new SprueError('INVALID_MESSAGE', { where: subject, reason: reasonOf(cause) }, { cause });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function toMessage(fields: Fields): RegistryMessage {
  const tlsPort = portIn(fields, 'tls_port');
  const port = portIn(fields, 'port');
  const options = fields['options'];
  return {
    host: required(stringIn(fields, 'host'), 'host'),
    port: required(tlsPort > 0 ? tlsPort : port, 'port'),
    tls: tlsPort > 0,
    protocol: stringIn(fields, 'protocol') === 'http2' ? 'http2' : 'http1',
    uris: urisIn(fields),
    appGuid: stringIn(fields, 'app'),
    instanceId: stringIn(fields, 'private_instance_id'),
    instanceIndex: stringIn(fields, 'private_instance_index'),
    staleThresholdMs: integerIn(fields, 'stale_threshold_in_seconds') * 1000,
    tags: tagsIn(fields),
    isolationSegment: stringIn(fields, 'isolation_segment'),
    availabilityZone: stringIn(fields, 'availability_zone'),
    serverCertDomainSan: stringIn(fields, 'server_cert_domain_san'),
    routeServiceUrl: routeServiceUrlIn(fields),
    loadBalancing: isAbsent(options) ? '' : stringIn(fieldsOf(options, 'options'), 'loadbalancing'),
    routeDeleted: booleanIn(fields, 'route_deleted'),
    updatedAtNs: integerIn(fields, 'endpoint_updated_at_ns'),
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function required<T extends string | number>(value: T, name: string): T {
  if (value === '' || value === 0) throw new TypeError(`${name} is missing`);
  return value;
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} is not a JSON object`);
  }
  return value as Fields;
}

function stringIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  if (isAbsent(value)) return '';
  throw new TypeError(`${name} is not a string`);
}

function integerIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (isAbsent(value)) return 0;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new TypeError(`${name} is not an integer`);
}

function booleanIn(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  if (isAbsent(value)) return false;
  throw new TypeError(`${name} is not a boolean`);
}

function portIn(fields: Fields, name: string): number {
  const value = integerIn(fields, name);
  if (value >= 0 && value <= 65535) return value;
  throw new TypeError(`${name} is not a port`);
}

function urisIn(fields: Fields): readonly string[] {
  const value = fields['uris'];
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) throw new TypeError('uris is not an array');
  for (const uri of value) {
    if (typeof uri !== 'string') throw new TypeError('uris holds something that is not a string');
  }
  return value;
}

function tagsIn(fields: Fields): Readonly<Record<string, string>> | undefined {
  const value = fields['tags'];
  if (isAbsent(value)) return undefined;
  const tags = fieldsOf(value, 'tags');
  for (const name in tags) {
    if (typeof tags[name] !== 'string') throw new TypeError(`tags.${name} is not a string`);
  }
  return tags as Readonly<Record<string, string>>;
}

function routeServiceUrlIn(fields: Fields): string {
  const url = stringIn(fields, 'route_service_url');
  if (url === '' || url.startsWith('https')) return url;
  throw new TypeError('route_service_url does not begin with https');
}
