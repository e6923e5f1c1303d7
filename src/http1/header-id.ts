/** Header fields that the engine or a proxy looks at. Everything else is `other`. */
export const HEADER = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  te: 5,
  trailer: 6,
  upgrade: 7,
  expect: 8,
  keepAlive: 9,
  proxyConnection: 10,
  proxyAuthenticate: 11,
  proxyAuthorization: 12,
  http2Settings: 13,
  date: 14,
  referer: 15,
  userAgent: 16,
  idempotencyKey: 17,
  xForwardedFor: 18,
  xForwardedProto: 19,
  xRequestStart: 20,
  xVcapRequestId: 21,
  xCfApplicationId: 22,
  xCfInstanceId: 23,
  xCfInstanceIndex: 24,
  xCfAppInstance: 25,
  xCfProxySignature: 26,
  xSprueTrace: 27,
} as const;

const NAMES: Readonly<Record<string, number>> = {
  host: HEADER.host,
  connection: HEADER.connection,
  'content-length': HEADER.contentLength,
  'transfer-encoding': HEADER.transferEncoding,
  te: HEADER.te,
  trailer: HEADER.trailer,
  upgrade: HEADER.upgrade,
  expect: HEADER.expect,
  'keep-alive': HEADER.keepAlive,
  'proxy-connection': HEADER.proxyConnection,
  'proxy-authenticate': HEADER.proxyAuthenticate,
  'proxy-authorization': HEADER.proxyAuthorization,
  'http2-settings': HEADER.http2Settings,
  date: HEADER.date,
  referer: HEADER.referer,
  'user-agent': HEADER.userAgent,
  'idempotency-key': HEADER.idempotencyKey,
  'x-idempotency-key': HEADER.idempotencyKey,
  'x-forwarded-for': HEADER.xForwardedFor,
  'x-forwarded-proto': HEADER.xForwardedProto,
  'x-request-start': HEADER.xRequestStart,
  'x-vcap-request-id': HEADER.xVcapRequestId,
  'x-cf-applicationid': HEADER.xCfApplicationId,
  'x-cf-instanceid': HEADER.xCfInstanceId,
  'x-cf-instanceindex': HEADER.xCfInstanceIndex,
  'x-cf-app-instance': HEADER.xCfAppInstance,
  'x-cf-proxy-signature': HEADER.xCfProxySignature,
  'x-sprue-trace': HEADER.xSprueTrace,
};

interface Known {
  readonly name: string;
  readonly id: number;
}

const LONGEST = Math.max(...Object.keys(NAMES).map(name => name.length));

/** Known names by length and low five bits of the first letter: most fields miss at once. */
const BUCKETS: (readonly Known[] | undefined)[] = [];
for (let i = 0; i < (LONGEST + 1) * 32; i++) BUCKETS.push(undefined);
for (const [name, id] of Object.entries(NAMES)) {
  const bucket = name.length * 32 + (name.charCodeAt(0) & 31);
  BUCKETS[bucket] = [...(BUCKETS[bucket] ?? []), { name, id }];
}

/**
 * The id of the field name at `bytes[start, end)`, in any letter case. The name must consist of
 * token octets: only then is OR-ing 0x20 the same as lower-casing for every name in the table.
 */
export function headerId(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST) return HEADER.other;
  const bucket = BUCKETS[length * 32 + ((bytes[start] ?? 0) & 31)];
  if (bucket === undefined) return HEADER.other;
  for (let i = 0; i < bucket.length; i++) {
    const known = bucket[i];
    if (known !== undefined && sameName(bytes, start, known.name)) return known.id;
  }
  return HEADER.other;
}

function sameName(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (((bytes[start + i] ?? 0) | 0x20) !== name.charCodeAt(i)) return false;
  }
  return true;
}
