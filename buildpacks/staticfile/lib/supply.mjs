// supply <app> <cache> <deps> <index>: the web server and its settings go into the droplet.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { parseStaticfile } from './staticfile.mjs';

const [app, , deps] = process.argv.slice(2);

function die(text) {
  console.error(`       ${text}`);
  process.exit(1);
}

function readSettings() {
  const path = join(app, 'Staticfile');
  if (!existsSync(path)) return parseStaticfile('');
  try {
    return parseStaticfile(readFileSync(path, 'utf8'));
  } catch (error) {
    return die(error.message);
  }
}

if (existsSync(join(app, 'Staticfile.auth'))) {
  die('Staticfile.auth is not supported: the site would be open to everybody');
}
const settings = readSettings();
const root = resolve(app, settings.root);
if (root !== app && !root.startsWith(app + sep))
  die(`root “${settings.root}” leads out of the app`);
if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
  die(`root “${settings.root}” is not a folder of the app`);
}

const target = join(deps, 'staticfile');
mkdirSync(target, { recursive: true });
cpSync(join(dirname(import.meta.filename), 'server.mjs'), join(target, 'server.mjs'));
writeFileSync(join(target, 'settings.json'), JSON.stringify({ ...settings, root }));
console.log(`       Serving ${settings.root === '.' ? 'the whole app' : settings.root}`);
