import assert from 'node:assert/strict';
import { poll } from '../../../src/core/wait.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** Talks to the API as a client on the network does. */
export class ApiClient {
  readonly base: string;
  token = '';

  constructor(port: number) {
    this.base = `http://127.0.0.1:${port}`;
  }

  async logIn(user: string, password: string): Promise<Answer> {
    const answer = await this.form('/oauth/token', {
      grant_type: 'password',
      username: user,
      password,
    });
    this.token = answer.body.access_token ?? '';
    return answer;
  }

  form(path: string, fields: Record<string, string>): Promise<Answer> {
    return this.raw('POST', path, new URLSearchParams(fields), {
      authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
    });
  }

  get(path: string): Promise<Answer> {
    return this.raw('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.#json('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.#json('PATCH', path, body);
  }

  delete(path: string): Promise<Answer> {
    return this.raw('DELETE', path);
  }

  applyManifest(spaceGuid: string, yaml: string): Promise<Answer> {
    return this.raw('POST', `/v3/spaces/${spaceGuid}/actions/apply_manifest`, yaml, {
      'content-type': 'application/x-yaml',
    });
  }

  upload(packageGuid: string, zip: Uint8Array): Promise<Answer> {
    const form = new FormData();
    form.set('resources', '[]');
    form.set('bits', new Blob([Buffer.from(zip)]), 'package.zip');
    return this.raw('POST', `/v3/packages/${packageGuid}/upload`, form);
  }

  #json(method: string, path: string, body: unknown): Promise<Answer> {
    return this.raw(method, path, body === undefined ? undefined : JSON.stringify(body), {
      'content-type': 'application/json',
    });
  }

  async raw(
    method: string,
    path: string,
    body?: string | FormData | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(path.startsWith('http') ? path : `${this.base}${path}`, {
      method,
      headers: { authorization: `bearer ${this.token}`, ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  /** Asks until `done` likes the answer. */
  async until(path: string, done: (body: Answer['body']) => boolean): Promise<Answer['body']> {
    let last: Answer['body'];
    const found = await poll(
      async () => {
        last = (await this.get(path)).body;
        return done(last) ? last : undefined;
      },
      { intervalMs: 10, timeoutMs: 10_000 },
    );
    assert.notEqual(
      found,
      undefined,
      `${path} never became what was expected: ${JSON.stringify(last)}`,
    );
    return found;
  }
}
