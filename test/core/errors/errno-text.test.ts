import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { errnoText } from '../../../src/core/errors/errno-text.ts';

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('an error of the system: its words, without code and path', async () => {
  expect(errnoText(await thrownBy(readFile('/nowhere/file')))).toBe('no such file or directory');
  expect(errnoText(await thrownBy(readFile('/')))).toBe('illegal operation on a directory');
});

test('a host of which every address refused: why the first one did', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', errno: -111 });

  expect(errnoText(Object.assign(new AggregateError([refused, refused]), { code: 'ECONNREFUSED' }))).toBe(
    'connection refused',
  );
});

test.each([
  [new Error('not valid'), 'not valid'],
  [Object.assign(new Error('as the library says'), { errno: 'EIO' }), 'as the library says'],
  [Object.assign(new Error('of a database'), { errno: 1045 }), 'of a database'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
])('any other thrown value: its message', (error, text) => {
  expect(errnoText(error)).toBe(text);
});
