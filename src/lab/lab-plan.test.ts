import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { checkLabName, floatingIpOf, type LabShape, planLab } from './lab-plan.ts';

const shape: LabShape = { name: 'lab', routers: 2, deas: 3, domain: 'example.com' };

test('planLab() gives every host a name, a namespace and addresses of its own', () => {
  const { hosts, switchNetns } = planLab(shape);
  assert.deepEqual(
    hosts.map(({ name, links }) => [name, ...links.map(({ address }) => address)]),
    [
      ['client', '198.51.100.10'],
      ['edge', '10.20.0.1', '198.51.100.1'],
      ['control', '10.20.0.2'],
      ['router-1', '10.20.0.11'],
      ['router-2', '10.20.0.12'],
      ['dea-1', '10.20.0.101'],
      ['dea-2', '10.20.0.102'],
      ['dea-3', '10.20.0.103'],
    ],
  );
  const namespaces = [switchNetns, ...hosts.map(({ netns }) => netns)];
  assert.equal(new Set(namespaces).size, namespaces.length);
  assert.ok(namespaces.every(netns => netns.startsWith('sprue-lab-lab-')));
});

test('the largest lab has no address twice, and no interface name that is too long', () => {
  const { hosts } = planLab({ ...shape, name: 'a234567890123456', routers: 20, deas: 50 });
  const links = hosts.flatMap(host => host.links);
  assert.equal(new Set(links.map(({ address }) => address)).size, links.length);
  assert.equal(new Set(links.map(({ port }) => port)).size, links.length);
  assert.ok(links.every(({ name, port }) => name.length <= 15 && port.length <= 15));
  const routers = hosts.filter(({ kind }) => kind === 'router');
  assert.equal(new Set(routers.map(floatingIpOf)).size, 20);
});

test('sizes and names that cannot be are refused', () => {
  for (const [routers, deas] of [
    [0, 1],
    [1, 0],
    [21, 1],
    [1, 51],
  ] as const) {
    assert.throws(
      () => planLab({ ...shape, routers, deas }),
      thrown => hasCode(thrown, 'LAB_TOO_BIG'),
    );
  }
  for (const name of ['', 'A', '1a', 'a-b', 'a/b', '../x', 'a'.repeat(17)])
    assert.throws(
      () => checkLabName(name),
      thrown => hasCode(thrown, 'LAB_NAME_INVALID'),
      name,
    );
});
