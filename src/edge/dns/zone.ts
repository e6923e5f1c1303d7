import { SprueError } from '../../core/errors.ts';
import { TYPE } from './codes.ts';
import { formatName, isWithin, parentOf, parseName, type WireName } from './name.ts';
import { type DnsRecord, encodeRecord, faultOf, type SoaRecord } from './record.ts';

/** All records of one name and type (RFC 2181 §5), each encoded without its owner. */
export interface RecordSet {
  readonly type: number;
  readonly records: readonly Buffer[];
}

/** Everything below and at one domain, ready to be answered from. Never changed, only replaced. */
export interface Zone {
  readonly apex: WireName;
  /** Every name that exists, also those between: they are there without records (RFC 4592 §2.2.2). */
  readonly names: ReadonlyMap<WireName, readonly RecordSet[]>;
  /** The SOA record as negative answers carry it. */
  readonly negativeSoa: RecordSet;
}

export interface ZoneSource {
  readonly domain: string;
  readonly records: readonly DnsRecord[];
  /** Names that exist even while they have no record, so that they are not denied. */
  readonly names?: readonly string[];
}

/** @throws SprueError `DNS_ZONE_INVALID`, `DNS_NAME_INVALID` */
export function createZone(source: ZoneSource): Zone {
  const apex = parseName(source.domain);
  const byName = Map.groupBy(source.records, record => ownerIn(apex, record));
  checkAuthority(apex, source.records);
  const names = new Map<WireName, readonly RecordSet[]>([[apex, []]]);
  for (const text of source.names ?? []) addWithParents(names, within(apex, text));
  for (const [name, records] of byName) {
    addWithParents(names, name);
    names.set(name, recordSets(apex, name, records));
  }
  return { apex, names, negativeSoa: negativeSoa(source.records) };
}

/** Adds a name and the empty ones between it and the apex. */
function addWithParents(names: Map<WireName, readonly RecordSet[]>, name: WireName): void {
  for (let each = name; !names.has(each); each = parentOf(each)) names.set(each, []);
}

function recordSets(apex: WireName, name: WireName, records: readonly DnsRecord[]): RecordSet[] {
  return [...Map.groupBy(records, record => record.type)].map(([type, same]) => {
    const [first, ...others] = same;
    if (others.some(record => record.ttlSeconds !== first?.ttlSeconds)) {
      const reason = `the ${type} records of ${formatName(name)} differ in TTL (RFC 2181 §5.2)`;
      throw zoneInvalid(apex, reason);
    }
    const set = { type: TYPE[type], records: distinct(same.map(encodeRecord)) };
    if (sizeOf(set) > MAX_SET_BYTES) {
      throw zoneInvalid(apex, `the ${type} records of ${formatName(name)} fit no answer`);
    }
    return set;
  });
}

/** RFC 2181 §5: the same data twice is one record. */
function distinct(records: readonly Buffer[]): Buffer[] {
  return [...new Map(records.map(record => [record.toString('latin1'), record])).values()];
}

/** Below what a message over TCP holds, by more than header, question and OPT can take. */
const MAX_SET_BYTES = 65_000;

function sizeOf(set: RecordSet): number {
  const ownerBytes = 2;
  return set.records.reduce((sum, record) => sum + ownerBytes + record.length, 0);
}

/** Exactly one SOA and at least one NS, all at the apex: there are no delegations. */
function checkAuthority(apex: WireName, records: readonly DnsRecord[]): void {
  const soa = records.filter(({ type }) => type === 'SOA');
  const ns = records.filter(({ type }) => type === 'NS');
  if (soa.length !== 1) throw zoneInvalid(apex, `it has ${soa.length} SOA records instead of one`);
  if (ns.length === 0) throw zoneInvalid(apex, 'it has no NS record');
  const stray = [...soa, ...ns].find(({ name }) => parseName(name) !== apex);
  if (stray) throw zoneInvalid(apex, `the ${stray.type} record of ${stray.name} is not at its top`);
}

/** RFC 2308 §3: a negative answer lives as long as the shorter of TTL and MINIMUM of the SOA. */
function negativeSoa(records: readonly DnsRecord[]): RecordSet {
  const soa = records.find((record): record is SoaRecord => record.type === 'SOA') as SoaRecord;
  const ttlSeconds = Math.min(soa.ttlSeconds, soa.negativeTtlSeconds);
  return { type: TYPE.SOA, records: [encodeRecord({ ...soa, ttlSeconds })] };
}

function ownerIn(apex: WireName, record: DnsRecord): WireName {
  const name = within(apex, record.name);
  const fault = faultOf(record);
  if (fault) throw zoneInvalid(apex, `the ${record.type} record of ${record.name}: ${fault}`);
  return name;
}

function within(apex: WireName, text: string): WireName {
  const name = parseName(text);
  if (!isWithin(name, apex)) throw zoneInvalid(apex, `${text} is not part of it`);
  return name;
}

function zoneInvalid(apex: WireName, reason: string): SprueError {
  return new SprueError('DNS_ZONE_INVALID', { domain: formatName(apex), reason });
}
