import { Api } from './api/api.ts';
import { HttpClient } from './api/http-client.ts';
import { Session } from './api/session.ts';
import { readConfig, type Target } from './config/config-file.ts';
import { changeTarget, resolveTarget } from './config/target.ts';
import type { CliContext, Environment } from './context.ts';

export async function loadTarget(context: CliContext): Promise<Target> {
  return resolveTarget(await readConfig(context.home), context.env);
}

/** A client without login, for one API. Closed when the command ends. */
export function openHttp(context: CliContext, target: Target): HttpClient {
  const http = new HttpClient({
    baseUrl: target.api,
    ...(target.skipSslValidation === true && { skipSslValidation: true }),
    ...(context.debug && { trace: line => context.output.rawNote(`  ${line}\n`) }),
  });
  context.onEnd(() => http.close());
  return http;
}

export async function connectApi(context: CliContext): Promise<Api> {
  const target = await context.target();
  const credentials = credentialsOf(context.env);
  const session = new Session({
    http: openHttp(context, target),
    // Credentials from the environment may be another user's than the saved tokens.
    target: credentials ? { api: target.api } : target,
    ...(credentials && { credentials }),
    save: async tokens => {
      if (!credentials) await changeTarget(context.home, target.api, tokens);
    },
  });
  return new Api(session);
}

/** `SPRUE_USER` and `SPRUE_PASSWORD`, when both are set. */
function credentialsOf(
  env: Environment,
): { readonly user: string; readonly password: string } | undefined {
  const { SPRUE_USER: user, SPRUE_PASSWORD: password } = env;
  return user && password ? { user, password } : undefined;
}
