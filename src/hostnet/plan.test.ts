import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4, parsePort } from '../core/address.ts';
import { parseGuid, parseInstanceId } from '../core/ids.ts';
import { formatAlias, parseAlias } from './alias.ts';
import { containerNames, platformTag, shortIdOfNetns } from './names.ts';
import { planContainer } from './plan.ts';

const tag = platformTag('/var/lib/sprue');
const alias = {
  tag,
  instanceId: parseInstanceId('0123abcd-0000-4000-8000-000000000000'),
  appGuid: parseGuid('ffffffff-0000-4000-8000-000000000000'),
  index: 3,
  containerIp: parseIpv4('10.254.1.7'),
  ports: { hostPort: parsePort(61_001), containerPort: parsePort(8080) },
};
const names = containerNames(tag, alias.instanceId);

test('planContainer writes both ends, one route and one transaction', () => {
  const plan = planContainer(names, alias, { mtuBytes: 1500, policyId: 1 });
  const { netns } = names;
  assert.equal(
    plan.hostSide,
    `netns add ${netns}
link add w-0123abcd address aa:aa:0a:fe:01:07 mtu 1500 type veth peer name eth0 address ee:ee:0a:fe:01:07 mtu 1500 netns ${netns}
link set w-0123abcd arp off alias sprue;${tag};0123abcd-0000-4000-8000-000000000000;ffffffff-0000-4000-8000-000000000000;3;10.254.1.7;61001;8080 up
address add 169.254.0.1/32 peer 10.254.1.7/32 dev w-0123abcd
neighbour add 10.254.1.7 lladdr ee:ee:0a:fe:01:07 dev w-0123abcd nud permanent
`,
  );
  assert.equal(plan.containerSide.match(/^route add/gm)?.length, 1);
  assert.equal(
    plan.addElements,
    `add element inet sprue policies { "w-0123abcd" : 1 }
add element inet sprue ports { tcp . 61001 : 10.254.1.7 . 8080 }
`,
  );
});

test('planContainer maps nothing without ports', () => {
  const plan = planContainer(
    names,
    { ...alias, ports: undefined },
    { mtuBytes: 1500, policyId: 1 },
  );
  assert.doesNotMatch(plan.addElements, /ports/);
});

test('parseAlias reads what formatAlias writes, within the kernel’s 255 bytes', () => {
  for (const each of [alias, { ...alias, ports: undefined }]) {
    assert.deepEqual(parseAlias(formatAlias(each), tag), each);
    assert.ok(formatAlias(each).length <= 255);
  }
});

test('parseAlias refuses the alias of a stranger', () => {
  const another = formatAlias({ ...alias, tag: platformTag('/other') });
  const longer = `${formatAlias(alias)};more`;
  for (const text of ['', 'uplink to rack 4', `sprue;${tag};x;y;0;10.0.0.1;;`, another, longer]) {
    assert.equal(parseAlias(text, tag), undefined, text);
  }
});

test('names fit the kernel and lead back to their platform only', () => {
  assert.ok(names.veth.length <= 15);
  assert.equal(shortIdOfNetns(tag, names.netns), '0123abcd');
  assert.equal(shortIdOfNetns(platformTag('/other'), names.netns), undefined);
  assert.equal(shortIdOfNetns(tag, 'docker-0123abcd'), undefined);
});
