import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { rfc3339 } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import type { Job } from '../../proto/v3/job.ts';
import type { Services } from '../services.ts';
import { link } from './links.ts';
import { baseUrl } from './request-url.ts';

const OPERATIONS = [
  'app.delete',
  'space.apply_manifest',
  'route.delete',
  'space.delete_unmapped_routes',
  'domain.delete',
  'space.delete',
  'organization.delete',
] as const;

const JOB_GUID = new RegExp(`^(${OPERATIONS.join('|').replaceAll('.', '\\.')})~[0-9a-f-]{36}$`);

/**
 * Answers 202 with the address of a job. The work is done by then: the job's guid says all there is to
 * know about it, so jobs need no memory and survive restarts.
 */
export function answerJob(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: (typeof OPERATIONS)[number],
  guid: string,
): FastifyReply {
  return reply
    .code(202)
    .header('location', `${baseUrl(request)}/v3/jobs/${operation}~${guid}`)
    .send();
}

export function registerJobs(server: FastifyInstance, { clock }: Services): void {
  server.get<{ Params: { guid: string } }>('/v3/jobs/:guid', request => {
    const { guid } = request.params;
    const operation = JOB_GUID.exec(guid)?.[1];
    if (operation === undefined) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Job' });
    const at = rfc3339(clock.now());
    return {
      guid,
      created_at: at,
      updated_at: at,
      operation,
      state: 'COMPLETE',
      errors: [],
      warnings: [],
      links: { self: link(baseUrl(request), `/v3/jobs/${guid}`) },
    } satisfies Job;
  });
}
