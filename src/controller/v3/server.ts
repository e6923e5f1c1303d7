import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance } from 'fastify';
import { hasCode, reasonOf, SprueError, toSprueError } from '../../core/errors.ts';
import type { Authority } from '../auth/authority.ts';
import type { Services } from '../services.ts';
import { registerAppEnv } from './app-env.ts';
import { registerApps } from './apps.ts';
import { registerAuditEvents } from './audit-events.ts';
import { requireToken } from './authenticate.ts';
import { registerBuilds } from './builds.ts';
import { registerDeployments } from './deployments.ts';
import { registerDns } from './dns.ts';
import { registerDomains } from './domains.ts';
import { registerDroplets } from './droplets.ts';
import { errorAnswer, fromFastify } from './error-body.ts';
import { registerFloatingIps } from './floating-ips.ts';
import { registerJobs } from './jobs.ts';
import { answerList } from './list-query.ts';
import { registerLogCache } from './log-cache.ts';
import { registerLogin } from './login.ts';
import { registerOrganizations } from './organizations.ts';
import { registerPackages } from './packages.ts';
import { registerProcesses } from './processes.ts';
import { registerRoot } from './root.ts';
import { registerRoutes } from './routes.ts';
import { registerSpaces } from './spaces.ts';
import { registerStatus } from './status.ts';
import { registerTraces } from './traces.ts';

const REQUEST_ID = 'x-vcap-request-id';

/** The HTTP server of the V3 API, ready to listen. */
export async function createServer(
  services: Services,
  authority: Authority,
): Promise<FastifyInstance> {
  const server = fastify({
    logger: false,
    bodyLimit: 2 ** 20,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    genReqId: request => requestId(request.headers[REQUEST_ID]),
  });
  await server.register(multipart, {
    throwFileSizeLimit: false,
    limits: { fileSize: services.config.maxUploadBytes + 1, files: 4, fields: 8, parts: 12 },
  });
  parseBodies(server);
  answerErrors(server, services);
  requireToken(server, authority);
  server.addHook('onSend', async (request, reply) => {
    reply.header(REQUEST_ID, request.id);
  });

  registerRoot(server);
  registerLogin(server, authority);
  const registrations = [
    registerOrganizations,
    registerSpaces,
    registerDomains,
    registerApps,
    registerAppEnv,
    registerProcesses,
    registerPackages,
    registerBuilds,
    registerDroplets,
    registerDeployments,
    registerRoutes,
    registerJobs,
    registerAuditEvents,
    registerLogCache,
    registerStatus,
    registerTraces,
    registerFloatingIps,
    registerDns,
  ];
  for (const register of registrations) register(server, services);
  // `cf routes` asks; there are no route services.
  server.get('/v3/service_route_bindings', request => answerList(request, [], {}, item => item));
  await server.ready();
  return server;
}

/** The caller's own id when it is harmless, so that one id follows a request through all logs. */
function requestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w:.-]{1,128}$/.test(header) ? header : randomUUID();
}

function parseBodies(server: FastifyInstance): void {
  server.removeContentTypeParser('application/json');
  // The official client says `application/json` also when there is no body.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(body)));
    } catch (cause) {
      done(new SprueError('BODY_UNREADABLE', { reason: reasonOf(cause) }, { cause }));
    }
  });
  const yaml = ['application/x-yaml', 'application/yaml', 'text/yaml', 'text/x-yaml'];
  server.addContentTypeParser(yaml, { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
}

function answerErrors(server: FastifyInstance, { bus, log }: Services): void {
  server.setNotFoundHandler(() => {
    throw new SprueError('UNKNOWN_REQUEST');
  });
  server.setErrorHandler((thrown, request, reply) => {
    let problem = fromFastify(thrown);
    if (!(problem instanceof SprueError || problem instanceof AggregateError) && !bus.connected) {
      const details = { servers: 'its address', reason: reasonOf(problem) };
      problem = new SprueError('BUS_UNAVAILABLE', details, { cause: problem });
    }
    const { status, body } = errorAnswer(problem);
    const known = toSprueError(problem);
    const fields = { request: request.id, method: request.method, url: request.url, status };
    if (hasCode(known, 'INTERNAL') && !(problem instanceof AggregateError)) {
      const { stack } = (known.cause ?? known) as { stack?: string };
      log.error({ ...fields, reason: reasonOf(problem), stack }, 'request failed');
    } else {
      log.debug({ ...fields, reason: known.message }, 'request refused');
    }
    reply.code(status).send(body);
  });
}
