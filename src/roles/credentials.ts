import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { hashPassword } from '../controller/auth/password.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';

const credentialsSchema = z.object({
  /** The platform's one administrator. */
  adminUser: z.string(),
  adminPassword: z.string(),
  /** All that the controller gets to see of it. */
  adminPasswordHash: z.string(),
  /** Signs access tokens. */
  tokenKey: z.string(),
  /** NATS users, one per role, each with only the subjects that it needs. */
  nats: z.object({
    controller: z.string(),
    dea: z.string(),
    router: z.string(),
    edge: z.string(),
  }),
  /** Basic authentication of the router's status endpoints. */
  routerStatus: z.string(),
});

export type Credentials = z.infer<typeof credentialsSchema>;

const storedSchema = credentialsSchema.extend({ nats: credentialsSchema.shape.nats.partial() });

/** Reads the platform's secrets; makes those that are missing (file mode 0600). */
export async function loadCredentials(path: string): Promise<Credentials> {
  const json = await readJsonFile(path);
  const stored = json === undefined ? undefined : storedSchema.parse(json);
  const credentials = {
    ...(stored ?? (await newCredentials())),
    nats: natsPasswords(stored?.nats),
  };
  if (stored === undefined || !credentialsSchema.safeParse(json).success)
    await writeJsonFile(path, credentials);
  return credentials;
}

async function newCredentials(): Promise<Omit<Credentials, 'nats'>> {
  const adminPassword = secret();
  return {
    adminUser: 'admin',
    adminPassword,
    adminPasswordHash: await hashPassword(adminPassword),
    tokenKey: secret(),
    routerStatus: secret(),
  };
}

function natsPasswords(stored: z.infer<typeof storedSchema>['nats'] = {}): Credentials['nats'] {
  const { controller, dea, router, edge } = stored;
  return {
    controller: controller ?? secret(),
    dea: dea ?? secret(),
    router: router ?? secret(),
    edge: edge ?? secret(),
  };
}

/** 192 bits, safe in URLs and configuration files. */
export function secret(): string {
  return randomBytes(24).toString('base64url');
}
