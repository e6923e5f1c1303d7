import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { acceptWebSocket } from './websocket.js';

const { PORT = '8080', CF_INSTANCE_INDEX = '0' } = process.env;
/** Less than the time after which proxies close what seems idle. */
const PING_MS = 30_000;
const GOING_AWAY = 1001;

const page = readFileSync(join(import.meta.dirname, 'public', 'index.html'));
const people = new Set();

function tellEverybody(text) {
  for (const person of people) person.send(text);
}

const server = createServer((request, response) => {
  const found = request.url === '/';
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(found ? page : 'Not Found');
});

server.on('upgrade', (request, socket, head) => {
  const person = acceptWebSocket(request, socket, head);
  if (person === undefined) return;
  people.add(person);
  person.send(`You are on instance ${CF_INSTANCE_INDEX}; ${people.size} here.`);
  person.on('message', tellEverybody);
  person.on('close', () => people.delete(person));
});

setInterval(() => {
  for (const person of people) person.ping();
}, PING_MS).unref();

server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

// Asked to stop: let the browsers know, so that they come back to another instance at once.
process.once('SIGTERM', () => {
  for (const person of people) person.close(GOING_AWAY);
  server.close();
  server.closeIdleConnections();
});
