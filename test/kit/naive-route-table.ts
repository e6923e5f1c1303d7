import { endpointKey } from '../../src/router/table/endpoint.ts';
import type { RegistryMessage } from '../../src/router/table/registry-message.ts';

interface Binding {
  readonly uri: string;
  readonly key: string;
  updatedMs: number;
  ttlMs: number;
}

/** The route table as its rules read, with no thought of speed: what the real one is tested against. */
export class NaiveTable {
  readonly #staleThresholdMs: number;
  readonly #emptyPoolTimeoutMs: number;
  #bindings: Binding[] = [];
  readonly #tenants = new Map<string, string>();
  readonly #emptySinceMs = new Map<string, number>();

  constructor(staleThresholdMs: number, emptyPoolTimeoutMs: number) {
    this.#staleThresholdMs = staleThresholdMs;
    this.#emptyPoolTimeoutMs = emptyPoolTimeoutMs;
  }

  register(message: RegistryMessage, nowMs: number): void {
    const key = endpointKey(message.host, message.port);
    if (this.#isForeign(key, message)) this.#remove(binding => binding.key === key, nowMs);
    this.#tenants.set(key, message.instanceId);
    for (const text of message.uris) {
      const uri = normalise(text);
      const ttlMs = Math.min(
        message.staleThresholdMs || Number.POSITIVE_INFINITY,
        this.#staleThresholdMs,
      );
      this.#bindings = this.#bindings.filter(other => other.key !== key || other.uri !== uri);
      this.#bindings.push({ uri, key, updatedMs: nowMs, ttlMs });
      this.#emptySinceMs.delete(uri);
    }
  }

  unregister(message: RegistryMessage, nowMs: number): void {
    const key = endpointKey(message.host, message.port);
    if (this.#isForeign(key, message)) return;
    const uris = message.uris.map(normalise);
    this.#remove(binding => binding.key === key && uris.includes(binding.uri), nowMs);
  }

  renewAll(nowMs: number): void {
    for (const binding of this.#bindings) binding.updatedMs = nowMs;
  }

  prune(nowMs: number): void {
    this.#remove(binding => nowMs - binding.updatedMs > binding.ttlMs, nowMs);
    for (const [uri, sinceMs] of this.#emptySinceMs) {
      if (nowMs - sinceMs >= this.#emptyPoolTimeoutMs) this.#emptySinceMs.delete(uri);
    }
  }

  get uris(): string[] {
    return [...new Set([...this.#bindings.map(({ uri }) => uri), ...this.#emptySinceMs.keys()])];
  }

  get endpointCount(): number {
    return new Set(this.#bindings.map(({ key }) => key)).size;
  }

  /** Route and endpoints, or `undefined`. */
  lookup(host: string, target: string): { uri: string; keys: string[] } | undefined {
    const path = (target.split('?')[0] ?? '').toLowerCase();
    for (const name of candidates(host.toLowerCase().replace(/:\d+$/, ''))) {
      const matches = this.uris
        .filter(uri => uri === name || `${name}${path}/`.startsWith(`${uri}/`))
        .filter(uri => uri.split('/')[0] === name)
        .sort((left, right) => right.length - left.length)
        .map(uri => ({ uri, keys: this.#keysOf(uri) }));
      const found = matches.find(({ keys }) => keys.length > 0) ?? matches[0];
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #keysOf(uri: string): string[] {
    return this.#bindings
      .filter(binding => binding.uri === uri)
      .map(({ key }) => key)
      .sort();
  }

  #isForeign(key: string, message: RegistryMessage): boolean {
    if (!this.#bindings.some(binding => binding.key === key)) return false;
    const tenant = this.#tenants.get(key) ?? '';
    return tenant !== '' && message.instanceId !== '' && tenant !== message.instanceId;
  }

  #remove(condition: (binding: Binding) => boolean, nowMs: number): void {
    const before = new Set(this.#bindings.map(({ uri }) => uri));
    this.#bindings = this.#bindings.filter(binding => !condition(binding));
    for (const uri of before) {
      const empty = !this.#bindings.some(binding => binding.uri === uri);
      if (empty && this.#emptyPoolTimeoutMs > 0) this.#emptySinceMs.set(uri, nowMs);
    }
  }
}

function normalise(uri: string): string {
  return (uri.split('?')[0] ?? '').replace(/\/+$/, '').toLowerCase();
}

/** The host itself, then its wildcards, nearest first. */
function candidates(host: string): string[] {
  const labels = host.split('.');
  return [host, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)];
}
