/**
 * The part of a router that an edge asks: 200 on port 80 for its own `User-Agent`, 503 once told so
 * (SIGUSR1, as a router that drains), 404 for all others.
 */
import { createServer } from 'node:http';

let isDraining = false;
process.on('SIGUSR1', () => {
  isDraining = true;
});
createServer((request, response) => {
  const isProbe = request.headers['user-agent'] === 'HTTP-Monitor/1.1';
  response.statusCode = isProbe ? (isDraining ? 503 : 200) : 404;
  response.end('ok\n');
}).listen(80, '0.0.0.0', () => process.stdout.write('up\n'));
