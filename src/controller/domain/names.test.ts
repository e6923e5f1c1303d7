import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SprueError } from '../../core/errors.ts';
import {
  checkDomain,
  checkName,
  checkProcessType,
  checkVariable,
  hostLabelFor,
  isHostLabel,
} from './names.ts';

test('checkName accepts what people call things and names what is wrong', () => {
  for (const name of ['shop', 'My Shop', 'größe', 'a'.repeat(255)]) {
    assert.equal(checkName(name, 'an app'), name);
  }
  for (const [name, reason] of [
    ['', 'it is empty'],
    ['   ', 'it is empty'],
    [' a', 'it begins or ends with a space'],
    ['a'.repeat(256), 'it is longer than 255 characters'],
    ['a\nb', 'it holds a control character'],
    ['a\u0085b', 'it holds a control character'],
  ]) {
    assert.throws(
      () => checkName(name ?? '', 'an app'),
      (thrown: unknown) => thrown instanceof SprueError && thrown.details['reason'] === reason,
      JSON.stringify(name),
    );
  }
});

test('checkProcessType refuses what could not name a log source', () => {
  assert.equal(checkProcessType('web-2_b'), 'web-2_b');
  for (const type of ['', 'a/b', 'a b', '..', 'ä', 'a'.repeat(64)]) {
    assert.throws(() => checkProcessType(type), /process type/, type);
  }
});

test('checkDomain lowers the case and follows RFC 1123', () => {
  assert.equal(checkDomain('Example.ORG'), 'example.org');
  assert.equal(checkDomain('1.2.example'), '1.2.example');
  for (const bad of [
    '',
    'localhost',
    'a..b',
    '.a.b',
    'a.b.',
    '-a.b',
    'a_b.c',
    `${'a'.repeat(64)}.b`,
  ]) {
    assert.throws(() => checkDomain(bad), { code: 'DOMAIN_INVALID' }, bad);
  }
  const long = Array.from({ length: 64 }, () => 'abc').join('.');
  assert.throws(() => checkDomain(long), /longer than 253/);
});

test('hostLabelFor makes a label of any name, or nothing', () => {
  assert.equal(hostLabelFor('My_Shop 2!'), 'my-shop-2');
  assert.equal(hostLabelFor('--a--'), 'a');
  assert.equal(hostLabelFor('Übergröße Café'), 'ubergro-e-cafe');
  assert.equal(hostLabelFor('日本'), '');
  const long = hostLabelFor(`${'a'.repeat(62)}-${'b'.repeat(9)}`);
  assert.ok(isHostLabel(long), long);
});

test('checkVariable keeps the platform’s own variables to the platform', () => {
  for (const name of ['A', '_x', 'PORTS', 'vcap', 'CF_X']) checkVariable(name, 'v');
  for (const name of ['PORT', 'VCAP_SERVICES', 'vcap_services', 'CF_INSTANCE_INDEX']) {
    assert.throws(() => checkVariable(name, 'v'), { code: 'VARIABLE_RESERVED' }, name);
  }
  for (const name of ['', '1A', 'A B', 'A=B', 'Ä']) {
    assert.throws(() => checkVariable(name, 'v'), { code: 'NAME_INVALID' }, name);
  }
  assert.throws(() => checkVariable('A', 'x\0y'), /NUL/);
  checkVariable('A', null);
});
