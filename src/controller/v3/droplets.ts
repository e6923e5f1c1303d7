import type { FastifyInstance } from 'fastify';
import type { Droplet } from '../../proto/v3/droplet.ts';
import { DEFAULTS } from '../domain/limits.ts';
import type { DropletRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame } from './list-query.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerDroplets(server: FastifyInstance, { store }: Services): void {
  const filters: Filters<DropletRecord> = {
    app_guids: droplet => droplet.appGuid,
    states: () => 'STAGED',
  };

  server.get('/v3/droplets', request => {
    const base = baseUrl(request);
    return answerList(request, store.all('droplet'), filters, one => presentDroplet(one, base));
  });

  server.get<Guid>('/v3/apps/:guid/droplets', request => {
    const { guid } = store.get('app', request.params.guid);
    const base = baseUrl(request);
    const droplets = store.ownedBy('droplet', guid);
    return answerList(request, droplets, filters, one => presentDroplet(one, base));
  });

  server.get<Guid>('/v3/droplets/:guid', request =>
    presentDroplet(store.get('droplet', request.params.guid), baseUrl(request)),
  );
}

export function presentDroplet(record: DropletRecord, base: string): Droplet {
  return {
    ...frame(record),
    state: 'STAGED',
    error: null,
    lifecycle: { type: 'buildpack', data: {} },
    execution_metadata: '',
    process_types: record.processTypes,
    checksum: { type: 'sha256', value: hexDigest(record.digest) },
    buildpacks: record.buildpacks.map(({ name, detectOutput }) => ({
      name,
      detect_output: detectOutput,
      version: null,
      buildpack_name: name,
    })),
    stack: DEFAULTS.stack,
    image: null,
    relationships: { app: toOne(record.appGuid) },
    links: {
      self: link(base, `/v3/droplets/${record.guid}`),
      app: link(base, `/v3/apps/${record.appGuid}`),
    },
  };
}

/** The object store writes `SHA-256=` and base64url; Cloud Foundry hexadecimal. */
function hexDigest(digest: string): string {
  return Buffer.from(digest.replace(/^SHA-256=/, ''), 'base64url').toString('hex');
}
