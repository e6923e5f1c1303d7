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
  nats: z.object({ platform: z.string(), router: z.string() }),
  /** Basic authentication of the router's status endpoints. */
  routerStatus: z.string(),
});

export type Credentials = z.infer<typeof credentialsSchema>;

/** Reads the platform's secrets; makes them at the first start (file mode 0600). */
export async function loadCredentials(path: string): Promise<Credentials> {
  const stored = await readJsonFile(path);
  if (stored !== undefined) return credentialsSchema.parse(stored);
  const adminPassword = secret();
  const credentials: Credentials = {
    adminUser: 'admin',
    adminPassword,
    adminPasswordHash: await hashPassword(adminPassword),
    tokenKey: secret(),
    nats: { platform: secret(), router: secret() },
    routerStatus: secret(),
  };
  await writeJsonFile(path, credentials);
  return credentials;
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}
