import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads a JSON file of the app. @returns {any} `undefined` when there is none */
function readJson(app, name) {
  const path = join(app, name);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`${name} is not valid JSON: ${error.message}`);
    process.exit(1);
  }
}

/**
 * How the app's dependencies get there.
 * @returns {'none' | 'vendored' | 'ci' | 'install'}
 */
export function installMethod(app) {
  if (existsSync(join(app, 'node_modules'))) return 'vendored';
  const lock = readJson(app, 'package-lock.json') ?? readJson(app, 'npm-shrinkwrap.json');
  if (lock !== undefined) return hasLockedPackages(lock) ? 'ci' : 'none';
  const { dependencies = {}, optionalDependencies = {} } = readJson(app, 'package.json');
  return Object.keys({ ...dependencies, ...optionalDependencies }).length > 0 ? 'install' : 'none';
}

/** The root package is an entry of its own, named ''. Version 1 of the format has only `dependencies`. */
function hasLockedPackages({ packages = {}, dependencies = {} }) {
  return Object.keys({ ...packages, ...dependencies }).some(path => path !== '');
}

/** @returns {string | undefined} the command that starts the app */
export function startCommand(app) {
  const { scripts = {}, main } = readJson(app, 'package.json');
  // A hook needs npm; without one the command runs directly, so that signals reach the app.
  if (scripts.prestart || scripts.poststart) return 'npm start';
  if (scripts.start) return scripts.start;
  const file = [main, 'server.js', 'index.js'].find(name => name && existsSync(join(app, name)));
  return file && `node '${file.replaceAll("'", "'\\''")}'`;
}
