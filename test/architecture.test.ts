import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');

const COMPONENTS_AND_BELOW = [
  ...['core', 'proto', 'bus', 'exec', 'hostnet', 'warden'],
  ...['router', 'dea', 'controller', 'edge', 'trace'],
];

/** Which folders of `src/` a folder may import, and why it is not more (DESIGN: one direction). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  proto: ['core'],
  http1: ['core'],
  exec: ['core'],
  bus: ['core', 'proto'],
  hostnet: ['core', 'exec'],
  warden: ['core', 'exec'],
  router: ['core', 'proto', 'http1', 'bus'],
  dea: ['core', 'proto', 'bus', 'exec', 'hostnet', 'warden'],
  controller: ['core', 'proto', 'bus'],
  edge: ['core', 'proto', 'bus', 'exec', 'hostnet'],
  trace: ['core', 'proto', 'bus', 'exec', 'hostnet', 'warden'],
  cli: ['core', 'proto', 'trace'],
  dashboard: ['core', 'proto', 'bus'],
  roles: COMPONENTS_AND_BELOW,
  up: [...COMPONENTS_AND_BELOW, 'cli', 'roles'],
  lab: ['core', 'proto', 'exec', 'hostnet', 'warden', 'cli', 'roles'],
};

const EVERYWHERE = Object.keys(MAY_IMPORT);

interface Ban {
  readonly what: RegExp;
  readonly allowedIn: readonly string[];
  readonly why: string;
}

const BANS: readonly Ban[] = [
  {
    what: /^@nats-io\//,
    allowedIn: ['bus'],
    why: 'one door to NATS: one place for reconnects, codecs and fault injection',
  },
  {
    what: /^node:child_process$/,
    allowedIn: ['exec'],
    why: 'one door to other programs: argument vectors, never a shell',
  },
  {
    what: /^(zod|fastify|pino)$|^@fastify\//,
    allowedIn: [
      'proto',
      'core',
      'dea',
      'controller',
      'edge',
      'trace',
      'dashboard',
      'roles',
      'cli',
      'up',
      'lab',
    ],
    why: 'the router and the layers below it stay small: each of these costs every router megabytes',
  },
  {
    what: /^node:(net|http|https|tls|dgram)$/,
    allowedIn: EVERYWHERE.filter(folder => folder !== 'http1' && folder !== 'proto'),
    why: 'http1 decides about bytes and proto about messages, not about sockets',
  },
];

/** Files over 400 lines, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/core/error-table.ts': 'one table, one entry per error',
  'src/router/wire/exchange.ts': 'one state machine, read from top to bottom',
};

const sources = globSync('{src,bin}/**/*.ts', { cwd: root }).filter(
  file => !file.endsWith('.test.ts'),
);

describe('architecture', () => {
  test('folders import only what the table allows', () => {
    const wrong = sources.flatMap(file =>
      importsOf(file)
        .filter(specifier => specifier.startsWith('.'))
        .map(specifier => ({ from: folderOf(file), to: folderOf(join(dirname(file), specifier)) }))
        .filter(
          ({ from, to }) => from !== to && from !== 'bin' && !(MAY_IMPORT[from] ?? []).includes(to),
        )
        .map(({ from, to }) => `${file}: ${from} must not import ${to}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('of trace the command line imports the pure correlation only: collectors need root and a kernel', () => {
    const wrong = sources
      .filter(file => folderOf(file) === 'cli')
      .flatMap(file => importsOf(file).map(specifier => join(dirname(file), specifier)))
      .filter(path => folderOf(path) === 'trace' && !path.startsWith('src/trace/correlate/'));
    assert.deepEqual(wrong, []);
    const impure = sources
      .filter(file => file.startsWith('src/trace/correlate/'))
      .filter(file => importsOf(file).some(path => /^\.\.\/(?!\.\.\/(proto|core)\/)/.test(path)));
    assert.deepEqual(impure, [], 'and the correlation imports core and proto only');
  });

  for (const { what, allowedIn, why } of BANS) {
    test(`${what.source} is imported only where it may be, because: ${why}`, () => {
      const wrong = sources
        .filter(file => folderOf(file) !== 'bin' && !allowedIn.includes(folderOf(file)))
        .filter(file => importsOf(file).some(specifier => what.test(specifier)));
      assert.deepEqual(wrong, []);
    });
  }

  test('every import names an existing file with its ending', () => {
    const wrong = sources.flatMap(file =>
      importsOf(file)
        .filter(
          specifier =>
            specifier.startsWith('.') && !existsSync(join(root, dirname(file), specifier)),
        )
        .map(specifier => `${file}: ${specifier}`),
    );
    assert.deepEqual(wrong, []);
  });

  test('every folder of src has a table row and a README of at most 30 lines', () => {
    const folders = readdirSync(join(root, 'src'));
    assert.deepEqual(
      folders.filter(folder => MAY_IMPORT[folder] === undefined),
      [],
    );
    const wrong = folders.filter(folder => {
      const readme = join(root, 'src', folder, 'README.md');
      return !existsSync(readme) || readFileSync(readme, 'utf8').split('\n').length > 31;
    });
    assert.deepEqual(wrong, []);
  });

  test('docs/architecture.md says the same', () => {
    const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `src\/(\w+)` \|[^|]*\|([^|]*)\|$/gm)];
    const documented = rows.map(([, folder = '', imports = '']) => [folder, wordsOf(imports)]);
    const wanted = readdirSync(join(root, 'src')).map(folder => [
      folder,
      [...(MAY_IMPORT[folder] ?? [])].sort(),
    ]);
    assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(wanted));
  });

  test('files have at most 400 lines unless a reason is written down', () => {
    const long = sources.filter(
      file => readFileSync(join(root, file), 'utf8').split('\n').length > 401,
    );
    assert.deepEqual(
      long.filter(file => LONG_FILES[file] === undefined),
      [],
    );
  });

  test('there are no default exports', () => {
    const wrong = sources.filter(file =>
      /^export default /m.test(readFileSync(join(root, file), 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });
});

function wordsOf(list: string): string[] {
  return (list.match(/\w+/g) ?? []).sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(
    /(?:^import\s|^export\s[^;]*?\sfrom\s|^} from\s|import\()[^'";]*['"]([^'"]+)['"]|^} from ['"]([^'"]+)['"]/gm,
  );
  return [...found].map(match => match[1] ?? match[2] ?? '');
}

/** `core` for `src/core/…`, `bin` for `bin/…`. */
function folderOf(file: string): string {
  const parts = normalize(relative('.', file)).split('/');
  return parts[0] === 'src' ? (parts[1] ?? '') : (parts[0] ?? '');
}
