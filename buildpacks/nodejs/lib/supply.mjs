// supply <app> <cache> <deps> <index>: installs what package.json asks for.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installMethod } from './package-json.mjs';

/** Where the host's npm is mounted when it does not lie in /usr. */
const MOUNTED_NPM = '/opt/npm/bin/npm-cli.js';

const [app, cache, deps, index] = process.argv.slice(2);
console.log(`       Node.js ${process.version}`);

switch (installMethod(app)) {
  case 'none':
    console.log('       No dependencies to install');
    break;
  case 'vendored':
    console.log('       Using the node_modules that came with the app');
    break;
  case 'ci':
    npm('ci');
    break;
  case 'install':
    console.log('       There is no package-lock.json: versions may differ with each push');
    npm('install');
    break;
}

const profile = join(deps, index, 'profile.d');
mkdirSync(profile, { recursive: true });
writeFileSync(
  join(profile, 'nodejs.sh'),
  `export NODE_ENV=\${NODE_ENV:-production}\nexport PATH=${app}/node_modules/.bin:$PATH\n`,
);

function npm(command) {
  const argv = [command, '--no-audit', '--no-fund', '--no-update-notifier'];
  console.log(`       npm ${command}`);
  const env = {
    NODE_ENV: 'production',
    ...process.env,
    npm_config_cache: join(cache, 'npm'),
    npm_config_logs_max: '0', // npm prints what matters
  };
  const options = { cwd: app, env, stdio: ['ignore', 'inherit', 'inherit'] };
  const { status, error } = existsSync(MOUNTED_NPM)
    ? spawnSync(process.execPath, [MOUNTED_NPM, ...argv], options)
    : spawnSync('npm', argv, options);
  if (error?.code === 'ENOENT') {
    console.error('       npm is not installed on this host; push node_modules along with the app');
  }
  if (status !== 0) process.exit(status ?? 1);
}
