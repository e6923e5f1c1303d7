import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasCode, SprueError } from '../../core/errors.ts';
import type { OauthErrorBody } from '../../proto/v3/error.ts';
import { type LoginDocument, OAUTH_CLIENT, type TokenAnswer } from '../../proto/v3/token.ts';
import type { Authority } from '../auth/authority.ts';
import { baseUrl, clientAddress } from './request-url.ts';

/** The version of UAA whose manners this follows; `cf` compares it with a minimum. */
const UAA_VERSION = '77.0.0';

/** Log-in, at the root and below `/uaa`, where some clients look for it. */
export function registerLogin(server: FastifyInstance, authority: Authority): void {
  const options = { config: { isPublic: true } } as const;
  for (const prefix of ['', '/uaa']) {
    server.get(`${prefix}/login`, options, request => loginDocument(baseUrl(request)));
    server.post(`${prefix}/oauth/token`, options, async (request, reply) => {
      try {
        return await grant(authority, request);
      } catch (thrown) {
        return answerOauthError(reply, thrown);
      }
    });
  }
}

function loginDocument(base: string): LoginDocument {
  return {
    app: { version: UAA_VERSION },
    prompts: { username: ['text', 'User name'], password: ['password', 'Password'] },
    links: { uaa: base, login: base },
  };
}

function grant(authority: Authority, request: FastifyRequest): Promise<TokenAnswer> | TokenAnswer {
  checkClient(request.headers.authorization);
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const type = form.get('grant_type') ?? '';
  switch (type) {
    case 'password': {
      const address = clientAddress(request);
      return authority.logIn(form.get('username') ?? '', form.get('password') ?? '', address);
    }
    case 'refresh_token':
      return authority.refresh(form.get('refresh_token') ?? '');
    default:
      throw new SprueError('GRANT_UNSUPPORTED', { grant: type });
  }
}

/** The client `cf` has an empty secret (RFC 6749 §2.3.1: Basic authentication). */
function checkClient(authorization: string | undefined): void {
  const expected = `Basic ${Buffer.from(`${OAUTH_CLIENT}:`).toString('base64')}`;
  if (authorization !== undefined && authorization !== expected) {
    throw new SprueError('LOGIN_REFUSED');
  }
}

async function answerOauthError(reply: FastifyReply, thrown: unknown): Promise<FastifyReply> {
  if (!(thrown instanceof SprueError)) throw thrown;
  if (hasCode(thrown, 'LOGIN_THROTTLED')) {
    reply.header('retry-after', String(thrown.details['seconds'] ?? 1));
  }
  const body: OauthErrorBody = {
    error: oauthError(thrown),
    error_description: [thrown.message, thrown.next].filter(text => text !== '').join(' '),
  };
  return reply.code(thrown.entry.status).send(body);
}

function oauthError({ code }: SprueError): string {
  switch (code) {
    case 'GRANT_UNSUPPORTED':
      return 'unsupported_grant_type';
    case 'INVALID_TOKEN':
      return 'invalid_token';
    case 'LOGIN_THROTTLED':
      return 'too_many_attempts';
    default:
      return 'unauthorized';
  }
}
