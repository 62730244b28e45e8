/** Names and messages of the cloud are written by tenants. Whatever is in them, nothing behind the door can steer a terminal. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { renderList } from '../../src/commands/output/rows.ts';
import { messageOf } from '../../src/core/errors/message-of.ts';
import { cleaned } from '../../src/core/values/printable.ts';
import { parseResponse, responseError } from '../../src/openstack/responses.ts';
import type { FakeOpenStack } from '../support/fake-openstack.ts';
import { Account } from './support.ts';

const FORGED = [
  '\u001b[31m\u0007',
  '\u001b]0;x\u0007',
  '\u009b2J',
  '\u202e',
  '\u2066',
  '\u2028',
  '\t',
  'a\nb ACTIVE',
  '\r',
  '\u007f',
  '\u200b',
];
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b]/u;
const Named = z.object({ name: z.string() });

let account: Account;
let fake: FakeOpenStack;

beforeEach(async () => {
  account = await Account.start();
  ({ fake } = account);
});
afterEach(() => account.end());

test.each(FORGED)('a name with %j is cleaned, escaped in JSON or not', (text) => {
  // Python escapes what is not ASCII, other services send it as it is.
  const plain = JSON.stringify({ name: `web${text}` });
  const ascii = plain.replaceAll(/[^ -~]/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
  for (const body of [plain, ascii]) {
    const { name } = parseResponse(Named, { status: 200, text: body, headers: {} }, 'compute');
    expect(name).not.toMatch(UNSAFE);
    expect(name).toContain('\uFFFD');
  }
});

test('each character, escaped in both cases or as it is, is read as it is cleaned', () => {
  const read = (inside: string): string =>
    parseResponse(Named, { status: 200, text: `{"name": "${inside}"}`, headers: {} }, 'compute').name;
  const wrong: number[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    // Beyond the first plane reading all would take long, and what stays as it is needs no second look.
    if (code > 0xffff && cleaned(character) === character) continue;
    const digits = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
    const escapes = [digits, digits.map((each) => each.toUpperCase())].map((all) => `\\u${all.join('\\u')}`);
    const forms = [...escapes, JSON.stringify(character).slice(1, -1)];
    if (forms.some((form) => read(form) !== cleaned(character))) wrong.push(code);
  }
  expect(wrong).toEqual([]);
});

test('names of routers, ports, servers and security groups', async () => {
  const text = FORGED.join('');
  fake.tables.routers = fake.tables.routers.map((row) => ({ ...row, name: text, status: text }));
  const routers = await account.cloud().routers();

  expect(routers).toHaveLength(5);
  expect(routers.map(({ name, status }) => `${name}${status}`).join('')).not.toMatch(UNSAFE);
});

test.each([400, 409, 500])('the message of an error with status %d', (status) => {
  const text = JSON.stringify({ NeutronError: { message: `no${FORGED.join('')}` } });
  const error = responseError({ status, text, headers: {} }, 'network');

  expect(messageOf(error)).not.toMatch(UNSAFE);
  expect(JSON.stringify(error.facts)).not.toMatch(UNSAFE);
});

test.each(['table', 'csv', 'value'] as const)('as %s, whatever the source: one row for each record', async (format) => {
  const columns = [{ title: 'Name', value: ({ name }: { name: string }) => name }];
  const records = FORGED.filter((text) => !text.includes('\n')).map((name) => ({ name }));
  const text = await renderList(format, columns, records);

  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b]/u);
  expect(text.split('\n').filter((line) => line.includes('\uFFFD'))).toHaveLength(records.length);
});

test('a body with other escapes is read as it is', () => {
  const read = (text: string): unknown => parseResponse(Named, { status: 200, text, headers: {} }, 'compute');

  expect(read('{"name": "Z\\u00fcrich \\"2\\" \\ud83d\\ude00"}')).toEqual({ name: 'Zürich "2" 😀' });
  expect(() => read(`{"name": "\\u0007", "deep": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).toThrow();
});
