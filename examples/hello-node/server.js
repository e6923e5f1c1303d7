// Says where it runs. Only what the platform tells every app; no secrets of the environment.
import { createServer } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

const { PORT = '8080', CF_INSTANCE_INDEX = '0', CF_INSTANCE_ADDR, VCAP_APPLICATION = '{}' } = process.env;
const { GREETING = 'Hello' } = process.env;
const { application_name: name = 'hello-node' } = JSON.parse(VCAP_APPLICATION);

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${GREETING} from ${name}, instance ${CF_INSTANCE_INDEX}.

the router reaches me at  ${CF_INSTANCE_ADDR ?? 'nowhere: I run without a platform'}
my container's address    ${ownAddress()}:${PORT}
my hostname               ${hostname()}
Node.js                   ${process.version}
`);
});

function ownAddress() {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

// The platform asks before it stops an instance: answer the requests in flight, then go.
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
