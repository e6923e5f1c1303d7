import type { Tour } from './visit.ts';

/** `docs/path-of-a-request.md`: the words are here, the output is the lab's. */
export function renderPage(tour: Tour): string {
  return `${[
    INTRODUCTION,
    outside(tour),
    router(tour),
    host(tour),
    app(tour),
    absent(tour),
    PEERS,
    ONE_MACHINE,
  ].join('\n\n')}\n`;
}

/** Rows of the trace, a blank line, commands and what they print. */
const evidence = (row: string, ...commands: readonly string[]): string =>
  ['```text', row, ...(commands.length > 0 ? ['', ...commands] : []), '```'].join('\n');

const INTRODUCTION = `# The path of a request

A client asks for \`http://shop.example.com/cart\`. This page follows that one request from hop to hop.

\`\`\`
client ──DNS──► edge                             1  shop.example.com → floating IP
   │
   │  2  client → floating IP:80                 the client believes it talks to the router
   ▼
 edge      3  1:1 NAT: floating IP → router      of the packet’s addresses, one changes
   ▼
 router    4  ends the client’s connection, reads the request, looks the route up → endpoint
   │       5  opens a NEW connection to the endpoint = address of the DEA host : host port
   ▼
 DEA host  6  NAT: host port → container:port    one look-up in one map
   │       7  a route to the veth pair
   ▼
 w-xxxxxxxx ═══ eth0                             one interface, one route
   ▼
 app       8  answers; connection tracking undoes 6 and 3 on the way back
\`\`\`

Everything below is real. Make a lab of your own and look at each place yourself; \`sprue lab exec HOST\`
runs a command there:

\`\`\`sh
sprue lab up
sprue lab exec client -- sprue push shop -p examples/hello-node -i 3
sprue lab exec client -- sprue trace http://shop.example.com/cart --explain
sprue lab exec edge -- nft list map inet sprue-edge to_router
sprue lab down
\`\`\`

Each section shows the hop’s row of that trace, and plain Linux commands that say the same.
[sprue trace](trace.md) explains the columns, the [glossary](glossary.md) the words.

*This page is written by \`node scripts/render-tour.ts\` in a lab of two routers and three DEAs;
a test compares it with what the lab shows today.*`;

const outside = (tour: Tour): string => `## 1 · DNS: a name becomes a floating IP

The edge answers for the platform’s domain, and for no other. One wildcard record leads every app’s name
to the floating IPs of all healthy routers. It may be kept for 5 s only, because a router may die.

${evidence([tour.headline, tour.columns, tour.row('dns')].join('\n'), tour.dig)}

## 2 · Client: an ordinary connection

The client knows one address, and nothing of what stands behind it.

${evidence(tour.row('client'), tour.clientRoute)}

## 3 · Edge: the floating IP is NATed to a router

One rule looks the destination up in one map and replaces it (\`*\` marks what changed). The client’s own
address stays, so the router sees who asks. Connection tracking remembers: its entry’s second line is the
answer that it waits for, from the router’s inner address.

${evidence(tour.row('edge-nat'), tour.toRouter, tour.edgeRule, tour.edgeConntrack)}`;

const router = (tour: Tour): string => `## 4 · Router: the client’s connection ends here

The router is no NAT. It accepts the connection, reads the request, and finds the route by host and
path. Of the route’s endpoints it takes the next. An endpoint is a DEA host’s address and a *host port*:
the router never knows the container’s address.

${evidence(tour.row('router'))}

## 5 · Router: a new connection begins

Now there are two TCP connections, and only the router’s memory joins them. It could also have taken a
connection that it kept open; the trace would say so. To the request it adds \`X-Forwarded-For\` (so the app
learns who asked), \`X-Forwarded-Proto\`, \`X-Request-Start\`, \`X-Vcap-Request-Id\` and \`X-CF-…\`. Both connections
while the request was under way, from \`sprue trace --figures\`:

${evidence(tour.row('connection'), tour.sockets)}`;

const host = (tour: Tour): string => `## 6 · DEA host: the host port leads to the container

The packet is addressed to the host itself. One rule looks the host port up in the map \`ports\`, whose
element is the *mapping*, and rewrites the destination to the container’s address and port.
\`clients\` holds the routers and DEA hosts: nobody else may use a host port.

${evidence(tour.row('host-nat'), tour.ports, tour.portsRule, tour.hostConntrack)}

## 7 · DEA host: a route to the veth pair

From here it is plain routing: each container has a veth pair of its own and a \`/32\` route. Inside, there is
one interface with one address, and exactly one route. Its gateway is the host’s end of the pair,
\`169.254.0.1\` in every container; its hardware address is entered beforehand, so nobody asks by ARP.

${evidence(
  tour.row('veth'),
  tour.hostRoute,
  tour.containerAddress,
  tour.containerRoute,
  tour.containerNeighbour,
)}`;

const app = (tour: Tour): string => `## 8 · App: somebody listens

The app sees its own world only: its address, its port, and a client that is the router. It is told how the
router reaches it, and says so when it is asked there directly.

${evidence(tour.row('app'), tour.listener, tour.body)}

## 9–12 · The way back

Nothing is decided here. The app answers the address it saw, the router’s. The two conntrack entries above
undo the two NATs: on the host, the source becomes the host port again; at the edge, the floating IP. In
between, the router copies the answer from its own connection to the client’s.

${evidence(
  [
    tour.row('host-nat', 'return'),
    tour.row('router', 'return'),
    tour.row('edge-nat', 'return'),
    tour.row('client', 'return'),
  ].join('\n'),
)}`;

const absent = ({ rules: { few, many } }: Tour): string => `## What is not there

- **No bridge** in front of containers, and no ARP between them: each has a routed pair of its own. (The
  lab’s own switches stand for the data centre’s.)
- **No overlay network.** A container’s address has a meaning on its host only. Everybody else knows
  *host address : host port*, which any network carries.
- **No rule per container.** Counted in \`nft -j list table inet sprue\`, before and after \`sprue scale shop -i 9\`:

| instances on \`dea-1\` | rules | elements of \`ports\` |
|---|---|---|
| ${few.mappings} | ${few.rules} | ${few.mappings} |
| ${many.mappings} | ${many.rules} | ${many.mappings} |`;

const PEERS = `## How others do it

| | Sprue | Docker, its default bridge | Kubernetes |
|---|---|---|---|
| a container’s network | routed veth pair with a \`/32\` | veth pair into the bridge \`docker0\`, one subnet per network | the CNI plugin’s choice: bridge, routed pairs, eBPF |
| its address is valid | on its host | on its host | in the whole cluster: every Pod reaches every Pod |
| across hosts | host address : host port | host address : published port (overlay networks need Swarm) | overlay or routes, by the CNI plugin |
| into the container | one rule, one map element per host port | \`-p\`: a DNAT rule per published port; where NAT does not apply, such as \`127.0.0.1\`, the userland proxy \`docker-proxy\` (one process per port) relays | Service: a virtual IP, DNATed to a Pod on the node where the packet enters, by kube-proxy (iptables, IPVS, nftables) or eBPF |
| rules grow with containers | no, elements do | yes | iptables mode: yes; IPVS and nftables modes use sets and maps |
| chooses the instance | router, per request | nobody; bring a proxy | Service: kernel, per connection; Ingress controller: per request |
| HTTP from outside | floating IP → router → host port | bring a proxy | load balancer or NodePort → Ingress controller → mostly straight to the Pod’s address |
| the client’s address | a header; in the packet up to the router | in the packet; lost behind the userland proxy | a header behind an Ingress; in the packet of a Service with \`externalTrafficPolicy: Local\` |

So a Sprue router is what an Ingress controller is, and a host port is close to \`docker run -p\`. What Sprue gives
up for its short path: containers do not reach each other directly, only through URLs, and what is no
HTTP has no route. Kubernetes carries any protocol between any two Pods.`;

const ONE_MACHINE = `## On one machine

\`sprue up\` has no edge before its router, and names below \`.localhost\` are the machine itself. So the trace
leaves out DNS and the edge’s NAT. Router and DEA share the machine. The rest is the same:

\`\`\`
curl 127.0.0.1:41000 ──► 127.0.0.1:80 router                 route hello.sprue.localhost → 192.0.2.2:61001
     192.0.2.2:52000 ──► 192.0.2.2:61001                     a NEW connection
     192.0.2.2:52000 ──► 10.254.0.2:8080 w-1a2b3c4d ═══ eth0 after NAT: the app
\`\`\`

\`npm start\` prints these addresses for a real request, as the kernel has them. To look yourself:

| step | command |
|---|---|
| the router's connection | \`ss -tn dport = :61001\` |
| the mapping | \`nft list map inet sprue ports\` |
| both connections after NAT | \`conntrack -L -p tcp --orig-port-dst 61001\` |
| the route to the pair | \`ip route get 10.254.0.2\` |
| what the container sees | \`ip netns list\`, then \`ip netns exec NAME ip addr\` |

## Who may talk to whom

A container reaches public addresses, the configured name servers and the router's
port of its own host (so that apps can call each other's URLs), and nothing else: not another container, not a service of
the host, not a private network. A packet with a foreign source address is dropped where it leaves the
container. \`src/hostnet/ruleset.ts\` has the rules; \`test/100-hostnet/\` proves each.`;
