import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { TOUR_PAGE } from '../../scripts/render-tour.ts';
import { LabHosts } from '../../scripts/tour/lab-host.ts';
import { renderPage } from '../../scripts/tour/page.ts';
import { differences } from '../../scripts/tour/same-page.ts';
import { visitLab } from '../../scripts/tour/visit.ts';
import { TestLab } from '../kit/lab.ts';

describe('docs/path-of-a-request.md', () => {
  const stored = readFileSync(TOUR_PAGE, 'utf8');

  test('shows what the lab shows', async () => {
    await using lab = await TestLab.start();
    const fresh = renderPage(await visitLab(new LabHosts(lab.name)));
    const found = differences(stored, fresh);
    assert.deepEqual(found, [], 'to write it anew: scripts/node scripts/render-tour.ts');
  });

  test('is compared without ports, process ids, names and times', () => {
    const later = stored
      .replace(/\b([345]\d{4})\b/g, port => String(Number(port) ^ 1))
      .replace(/\bw-[0-9a-f]{8}\b/g, 'w-00c0ffee')
      .replace(/pid=\d+/g, 'pid=7')
      .replace(/in \d+\.\d ms/g, 'in 7.7 ms');
    assert.notEqual(later, stored);
    assert.deepEqual(differences(stored, later), []);
  });

  for (const [what, shown, other] of [
    ['source', 'src=198.51.100.10', 'src=198.51.100.11'],
    ['map element', '203.0.113.11 : 10.20.0.11', '203.0.113.11 : 10.20.0.13'],
    ['host port', 'tcp . 61001 :', 'tcp . 61002 :'],
    ['route', 'default via 169.254.0.1', 'default via 169.254.0.2'],
    ['word of a row', 'round-robin', 'least-connection'],
  ] as const)
    test(`another ${what} is a difference`, () => {
      assert.ok(stored.includes(shown), shown);
      assert.notDeepEqual(differences(stored, stored.replace(shown, other)), []);
    });
});
