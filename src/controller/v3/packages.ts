import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import { type Package, packageCreateSchema, type ResourceMatches } from '../../proto/v3/package.ts';
import {
  checkUploadable,
  createPackage,
  type ReceivedUpload,
  storePackage,
} from '../actions/packages.ts';
import type { DropletRecord, PackageRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { presentDroplet } from './droplets.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { receiveMultipart } from './receive-multipart.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerPackages(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const filters: Filters<PackageRecord> = {
    app_guids: one => one.appGuid,
    states: one => one.state,
    types: () => 'bits',
  };

  server.get('/v3/packages', request =>
    answerList(request, store.all('package'), filters, presenter(request)),
  );

  server.get<Guid>('/v3/apps/:guid/packages', request => {
    const { guid } = store.get('app', request.params.guid);
    return answerList(request, store.ownedBy('package', guid), filters, presenter(request));
  });

  server.post('/v3/packages', async (request, reply) => {
    const { type, relationships } = parseBody(packageCreateSchema, request.body);
    if (type !== 'bits')
      throw new SprueError('NOT_OFFERED', { feature: `packages of type “${type}”` });
    const app = related(store, 'app', relationships.app.data.guid);
    const created = await createPackage(services, actorOf(request), app);
    return reply.code(201).send(presenter(request)(created));
  });

  server.get<Guid>('/v3/packages/:guid', request =>
    presenter(request)(store.get('package', request.params.guid)),
  );

  server.get<Guid>('/v3/packages/:guid/droplets', request => {
    const { guid, appGuid } = store.get('package', request.params.guid);
    const made = new Set(
      store
        .ownedBy('build', appGuid)
        .flatMap(one => (one.packageGuid === guid ? [one.dropletGuid] : [])),
    );
    const droplets = store.ownedBy('droplet', appGuid).filter(one => made.has(one.guid));
    const states: Filters<DropletRecord> = { states: () => 'STAGED' };
    return answerList(request, droplets, states, one => presentDroplet(one, baseUrl(request)));
  });

  /** The platform keeps no cache of single files: clients send everything. */
  server.post('/v3/resource_matches', { bodyLimit: 32 * 2 ** 20 }, (_request, reply) =>
    reply.code(201).send({ resources: [] } satisfies ResourceMatches),
  );

  registerUpload(server, services);
}

function registerUpload(server: FastifyInstance, services: Services): void {
  const { store, config } = services;
  const uploading = new Set<string>();
  // Above the multipart limit, so that the meter, which knows the size, tells of it.
  const options = { bodyLimit: config.maxUploadBytes + 2 ** 20 };

  server.post<Guid>('/v3/packages/:guid/upload', options, async request => {
    const record = store.get('package', request.params.guid);
    checkUploadable(record);
    if (uploading.has(record.guid)) {
      throw new SprueError('PACKAGE_NOT_UPLOADABLE', { state: 'PROCESSING_UPLOAD' });
    }
    uploading.add(record.guid);
    try {
      const upload: ReceivedUpload = await receiveMultipart(services, request);
      const stored = await storePackage(services, actorOf(request), record, upload);
      return presenter(request)(stored);
    } finally {
      uploading.delete(record.guid);
    }
  });
}

function presenter(request: FastifyRequest): (record: PackageRecord) => Package {
  const base = baseUrl(request);
  return record => {
    const self = `/v3/packages/${record.guid}`;
    return {
      ...frame(record),
      type: 'bits',
      state: record.state,
      data: {
        error: record.error ?? null,
        checksum: { type: 'sha256', value: record.sha256 ?? null },
      },
      relationships: { app: toOne(record.appGuid) },
      links: {
        self: link(base, self),
        upload: link(base, `${self}/upload`, 'POST'),
        app: link(base, `/v3/apps/${record.appGuid}`),
      },
    };
  };
}
