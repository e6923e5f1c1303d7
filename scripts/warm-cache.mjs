/** Strips the types of every source file once, so that no daemon has to (see bin/strip-types.mjs). */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { stripped } from '../bin/strip-types.mjs';

const root = join(import.meta.dirname, '..');
for (const file of globSync('{bin,src}/**/*.ts', { cwd: root })) stripped(join(root, file));
