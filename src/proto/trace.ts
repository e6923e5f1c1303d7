import { z } from 'zod';
import { MAX_TRACE_MS } from './trace-limits.ts';

/**
 * A trace follows one marked request. Its flow:
 *
 *   CLI ── POST /sprue/v1/traces ──► controller ── sprue.trace.start ──► every router, DEA, edge
 *       ◄── {id, armed, silent} ──             ◄── sprue.trace.armed ──
 *   CLI ── the request, with `X-Sprue-Trace: <id>` ──► … ──► app
 *   router ── sprue.trace.observation (`router`) ──► controller, and the DEAs and edges, which now
 *          know the addresses, look at their kernels and publish theirs
 *   CLI ── GET /sprue/v1/traces/<id>?wait_ms= ──► TraceSnapshot; src/trace/correlate makes the hops
 *
 * On `sprue.trace.stop` a DEA or edge that still has something to say (an edge: that no SYN came) says it,
 * then everything of the trace is removed, as it is when the time of `forMs` is up.
 *
 * Hosts' clocks may differ: nothing here carries a deadline of another host's clock, and `atMs` is
 * for people only.
 */

/** 128 random bits as 32 lower-case hex digits: who knows it may mark a request. */
export const traceIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits');

const port = z.number().int().min(0).max(65535);
const ms = z.number().nonnegative();

/** An address and a port. IPv4 dotted, IPv6 without brackets. */
export const socketAddressSchema = z.object({ host: z.string().max(64), port });
export type SocketAddress = z.infer<typeof socketAddressSchema>;

/** One direction of a TCP connection, as one place sees it. */
export const flowSchema = z.object({
  source: socketAddressSchema,
  destination: socketAddressSchema,
});
export type Flow = z.infer<typeof flowSchema>;

/** Payload of `sprue.trace.start`. */
export const traceStartSchema = z.object({
  id: traceIdSchema,
  /** How long to stay armed, counted from when the message arrives; at most {@link MAX_TRACE_MS}. */
  forMs: ms.max(MAX_TRACE_MS),
  /**
   * The client's connection as the client will open it: its local port is bound already. An external
   * NAT in between may make it arrive with another source.
   */
  flow: flowSchema,
  /** Host header without port, lower case. */
  host: z.string(),
  /** Path without query. */
  path: z.string(),
  /** Apps that the route leads to, as far as the controller knows. */
  appGuids: z.array(z.string()),
  /** Also fill in {@link Evidence} `views`. */
  figures: z.boolean(),
});
export type TraceStart = z.infer<typeof traceStartSchema>;

/** Payload of `sprue.trace.stop`. */
export const traceStopSchema = z.object({ id: traceIdSchema });
export type TraceStop = z.infer<typeof traceStopSchema>;

export const TRACE_ROLES = ['client', 'edge', 'router', 'dea'] as const;
export type TraceRole = (typeof TRACE_ROLES)[number];

/** Payload of `sprue.trace.armed`: an agent's answer to `sprue.trace.start`. */
export const traceArmedSchema = z.object({
  trace: traceIdSchema,
  role: z.enum(TRACE_ROLES),
  /** Id of the agent: of the router, the DEA, the edge. */
  agent: z.string(),
  /** Host name of its machine. */
  host: z.string(),
  /** Why a collector could not be set up, in a sentence; what it would have seen will be missing. */
  problem: z.string().optional(),
});
export type TraceArmed = z.infer<typeof traceArmedSchema>;

/** Something an agent read, word for word. */
const evidenceSchema = z.object({
  /** The command line that prints the same, or where the text is from. */
  source: z.string().max(1_000),
  text: z.string().max(20_000),
});
export type Evidence = z.infer<typeof evidenceSchema>;

const common = {
  trace: traceIdSchema,
  /** Host name of the machine that saw it. */
  host: z.string().max(255),
  /** That machine's clock. */
  atMs: z.number(),
  /** What the observation was read from, for `--raw`. */
  raw: z.array(evidenceSchema).max(30),
  /** `ip addr`, `ip route`, the NAT table, the connections: for `--figures`. */
  views: z.array(evidenceSchema).max(30).optional(),
};

const dnsRecordSchema = z.object({
  name: z.string(),
  /** `A`, `CNAME`, … */
  type: z.string(),
  data: z.string(),
  ttlSeconds: z.number().int().nonnegative(),
});
export type DnsRecord = z.infer<typeof dnsRecordSchema>;

/** From the client: the answer it got. From an edge: which record of its zone gave that answer. */
const dnsSchema = z.object({
  ...common,
  source: z.literal('dns'),
  role: z.enum(['client', 'edge']),
  /** Who was asked, e.g. `203.0.113.53:53`; from an edge, its own address. */
  server: z.string(),
  question: z.object({ name: z.string(), type: z.string() }),
  /** `NOERROR`, `NXDOMAIN`, …; `TIMEOUT` and `UNREACHABLE` when no answer came. */
  code: z.string(),
  /** The answer's AA bit: from the zone's own server, not from a cache. */
  authoritative: z.boolean().optional(),
  answers: z.array(dnsRecordSchema),
  /** Owner name of the zone's record, e.g. `*.apps.example.com`; only the zone's server knows it. */
  matched: z.string().optional(),
  ms: ms.optional(),
});

export const CLIENT_OUTCOMES = [
  'answered',
  'not-resolved',
  'connect-refused',
  'connect-timeout',
  'connect-unreachable',
  'cut',
  'no-answer',
] as const;

/** What the client itself saw of its one connection. All milliseconds are since it began. */
const clientSchema = z.object({
  ...common,
  source: z.literal('client'),
  role: z.literal('client'),
  /** The host part of the URL, as dialled. */
  name: z.string(),
  /** How the name became an address, when not by DNS: `literal`, `loopback` (RFC 6761) or `hosts`. */
  resolvedBy: z.enum(['dns', 'literal', 'loopback', 'hosts', 'given']),
  /** The client is in a container on this host: what leaves it may be masqueraded there. */
  containerOn: z.string().optional(),
  /** `undefined` when nothing was dialled. */
  flow: flowSchema.optional(),
  /** `ip route get` in one line: device and source address. */
  route: z.string().optional(),
  outcome: z.enum(CLIENT_OUTCOMES),
  /** Status of the answer. */
  status: z.number().int().optional(),
  /** `X-Vcap-Request-Id` of the answer. */
  requestId: z.string().optional(),
  routerError: z.string().optional(),
  timings: z.object({
    resolvedMs: ms.optional(),
    connectedMs: ms.optional(),
    sentMs: ms.optional(),
    firstByteMs: ms.optional(),
    endMs: ms,
  }),
});

/** Element of an nft map, e.g. of `inet sprue ports`: `tcp . 61001` → `10.254.0.2 . 8080`. */
const mapElementSchema = z.object({ map: z.string(), key: z.string(), value: z.string() });
export type MapElement = z.infer<typeof mapElementSchema>;

const conntrackSchema = z.object({
  /** As the first packet came. */
  original: flowSchema,
  /** As the answer's packets come: NAT is the difference to `original` turned round. */
  reply: flowSchema,
  /** `ESTABLISHED`, `TIME_WAIT`, `SYN_SENT`, … */
  state: z.string(),
  /** The kernel saw packets both ways. */
  isReplied: z.boolean(),
  id: z.string().optional(),
});

/** What became of the connection's first packet here, from a trace of exactly that packet. */
const synSchema = z.enum([
  'seen',
  /** It was seen and a rule dropped or refused it: see `droppedBy`. */
  'dropped',
  /** The collector stood before the connection was opened and saw nothing. */
  'not-seen',
  /** Nobody watched: the connection is older than the trace, or the collector could not be set up. */
  'not-watched',
]);

const natFields = {
  /** The packet as it came in (or should have). */
  before: flowSchema,
  /** As it went on; `undefined` when the kernel knows of no rewriting. */
  after: flowSchema.optional(),
  /** The element that decided; `undefined` when the map has none for this packet. */
  element: mapElementSchema.optional(),
  conntrack: conntrackSchema.optional(),
  syn: synSchema,
  /** The rule's text. */
  droppedBy: z.string().optional(),
};

/** The edge's 1:1 NAT of a floating IP. */
const edgeNatSchema = z.object({
  ...common,
  source: z.literal('edge-nat'),
  role: z.literal('edge'),
  agent: z.string(),
  ...natFields,
});

export const ATTEMPT_OUTCOMES = [
  'answered',
  // gorouter's words for what goes wrong between router and endpoint: src/router/wire/failure.ts
  'dial_refused',
  'dial_timeout',
  'dial_unreachable',
  'tls_unsupported',
  'not_sent',
  'reset',
  'eof',
  'response_timeout',
  'malformed_response',
  'upgrade_mismatch',
  /** The client went away, or the request could not be read to its end. */
  'abandoned',
] as const;

const attemptSchema = z.object({
  /** From 1. */
  n: z.number().int().positive(),
  endpoint: socketAddressSchema,
  /** `undefined` for an endpoint of the platform itself, e.g. the API. */
  appGuid: z.string().optional(),
  index: z.number().int().nonnegative().optional(),
  instanceId: z.string().optional(),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  /** The router's own end of the connection; `undefined` when it got none. */
  local: socketAddressSchema.optional(),
  /** The connection had served requests before. */
  reused: z.boolean(),
  /** Requests sent on the connection before this one. */
  requestsBefore: z.number().int().nonnegative().optional(),
  /** Age of the connection when the request was sent on it. */
  openedMsAgo: ms.optional(),
  /** Opening the connection; absent when it was reused. */
  connectMs: ms.optional(),
  /** From sending the request to the head of the answer. */
  firstByteMs: ms.optional(),
  /** The whole attempt. */
  totalMs: ms.optional(),
});
export type TraceAttempt = z.infer<typeof attemptSchema>;

/** A router's record of its decision, published when the exchange is over. */
const routerSchema = z.object({
  ...common,
  source: z.literal('router'),
  role: z.literal('router'),
  agent: z.string(),
  /** The client's connection as the router accepted it. */
  client: flowSchema,
  /** The client's connection had served requests before. */
  clientReused: z.boolean().optional(),
  requestId: z.string(),
  /** `undefined` when no route matches. */
  route: z
    .object({
      /** As registered, e.g. `shop.example.com/cart` or `*.example.com`. */
      uri: z.string(),
      isWildcard: z.boolean(),
      /** Endpoints of the route at that moment. */
      poolSize: z.number().int().nonnegative(),
      /** `round-robin`, `least-connection`. */
      balancing: z.string(),
      /** The request asked for one instance by header or cookie. */
      sticky: z.boolean().optional(),
      /** Attempts that one request may have. */
      maxAttempts: z.number().int().positive(),
    })
    .optional(),
  /** In order; empty when no endpoint was tried. */
  attempts: z.array(attemptSchema).max(20),
  /** What the client was answered; 499 when it went away before. */
  status: z.number().int(),
  /** `X-Cf-RouterError`. */
  routerError: z.string().optional(),
  /** From the request's head to the last byte of its answer. */
  totalMs: ms,
});
export type RouterObservation = z.infer<typeof routerSchema>;

/** Which attempt of which request an agent looked for; copied from the router's record. */
const subjectSchema = z.object({
  requestId: z.string(),
  attempt: z.number().int().positive(),
});

/** A DEA host's NAT of a host port. */
const deaNatSchema = z.object({
  ...common,
  source: z.literal('dea-nat'),
  role: z.literal('dea'),
  agent: z.string(),
  subject: subjectSchema,
  ...natFields,
});

const listenerSchema = z.object({
  ...socketAddressSchema.shape,
  pid: z.number().int().optional(),
  comm: z.string().optional(),
  /** Connections that wait to be accepted, and how many may (`ss` Recv-Q and Send-Q). */
  backlog: z.number().int().optional(),
  backlogMax: z.number().int().optional(),
});
export type TraceListener = z.infer<typeof listenerSchema>;

/** The way into the container and what is inside. */
const containerSchema = z.object({
  ...common,
  source: z.literal('container'),
  role: z.literal('dea'),
  agent: z.string(),
  subject: subjectSchema,
  appGuid: z.string(),
  index: z.number().int().nonnegative(),
  instanceId: z.string(),
  containerIp: z.string(),
  containerPort: port,
  /** The host's end of the pair, e.g. `w-1a2b3c4d`. */
  veth: z.string(),
  /** Name of the network namespace. */
  netns: z.string(),
  /** Device that `ip route get <container ip>` answers. */
  routeDevice: z.string().optional(),
  /** What the host answers the kernel's question `ip route get`, in one line. */
  route: z.string().optional(),
  /** Listens where the packet goes; `undefined`: nothing does. */
  listener: listenerSchema.optional(),
  /** What listens in the container instead. */
  otherListeners: z.array(listenerSchema).max(20),
  /** The connection as the container sees it, while it is open. */
  connection: z
    .object({
      flow: flowSchema,
      /** `ESTAB`, `TIME-WAIT`, … */
      state: z.string(),
      /** Bytes that the app has not read yet. */
      unreadBytes: z.number().int().nonnegative().optional(),
    })
    .optional(),
});

/** One thing that one place saw. */
export const observationSchema = z.discriminatedUnion('source', [
  dnsSchema,
  clientSchema,
  edgeNatSchema,
  routerSchema,
  deaNatSchema,
  containerSchema,
]);
export type Observation = z.infer<typeof observationSchema>;
export type ObservationOf<S extends Observation['source']> = Extract<Observation, { source: S }>;
