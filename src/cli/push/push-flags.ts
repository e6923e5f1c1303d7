import type { OptionValues } from '../option-values.ts';
import type { PushFlags } from './plan-push.ts';

/** The options of `push` that change the manifest; those that were not given are absent. */
export function pushFlags(options: OptionValues): PushFlags {
  const given: { readonly [Key in keyof PushFlags]: PushFlags[Key] | undefined } = {
    path: options.text('path'),
    instances: options.integer('instances'),
    memory: options.text('memory'),
    disk: options.text('disk'),
    command: options.text('command'),
    buildpacks: nonEmpty(options.list('buildpack')),
    healthCheckType: healthCheckType(options.text('healthCheckType')),
    endpoint: options.text('endpoint'),
    timeoutSec: options.integer('timeout', 1),
    routes: nonEmpty(options.list('route')),
    noRoute: options.negated('route') || undefined,
    randomRoute: options.flag('randomRoute') || undefined,
  };
  const kept = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as PushFlags;
}

function healthCheckType(text: string | undefined): PushFlags['healthCheckType'] {
  return text === 'port' || text === 'http' || text === 'process' ? text : undefined;
}

function nonEmpty(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}
