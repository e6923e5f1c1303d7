import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { renderErrors } from '../scripts/render-errors.ts';

const root = join(import.meta.dirname, '..');
const pages = globSync('{*.md,{docs,src,test,bench,buildpacks,examples}/**/*.md}', {
  cwd: root,
}).filter(page => !page.includes('/fixtures/'));

describe('documentation', () => {
  test('docs/errors.md is what the error table says', () => {
    const stored = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
    assert.equal(stored, renderErrors(), 'run: scripts/node scripts/render-errors.ts');
  });

  test('every link to a file of the repository leads to one', () => {
    const broken = pages.flatMap(page =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => target ?? '')
        .filter(target => !existsSync(join(root, dirname(page), target)))
        .map(target => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  test('every file that a page names in its tables and text as `src/…` exists', () => {
    const broken = pages.flatMap(page =>
      [
        ...readFileSync(join(root, page), 'utf8').matchAll(
          /`((?:src|scripts|test|bench|examples|buildpacks|docs)\/[\w./-]+)`/g,
        ),
      ]
        .map(([, target]) => target ?? '')
        .filter(target => !existsSync(join(root, target)))
        .map(target => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });
});
