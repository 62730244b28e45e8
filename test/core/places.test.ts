import { expect, test } from '@jest/globals';
import { Places } from '../../src/core/places.ts';

/** Work that ends when it is told to. */
function work(started: string[], name: string): { run: () => Promise<string>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async (): Promise<string> => {
    started.push(name);
    await promise;
    return name;
  };
  return { run, end: resolve };
}

test('no more work than places runs, and the rest follows in its order', async () => {
  const places = new Places(2);
  const started: string[] = [];
  const works = ['a', 'b', 'c', 'd'].map((name) => work(started, name));
  const all = Promise.all(works.map(({ run }) => places.run(run)));

  expect(started).toEqual(['a', 'b']);
  works[1]?.end();
  await new Promise(setImmediate);
  expect(started).toEqual(['a', 'b', 'c']);
  for (const { end } of works) end();
  expect(await all).toEqual(['a', 'b', 'c', 'd']);
  expect(places.isIdle).toBe(true);
});

test('work that fails leaves its place', async () => {
  const places = new Places(1);
  await expect(places.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');

  expect(await places.run(async () => 1)).toBe(1);
});

test('all work that waits can be let in', async () => {
  const places = new Places(1);
  const started: string[] = [];
  const works = ['a', 'b', 'c'].map((name) => work(started, name));
  const all = Promise.all(works.map(({ run }) => places.run(run)));
  places.letIn();
  await new Promise(setImmediate);

  expect(started).toEqual(['a', 'b', 'c']);
  for (const { end } of works) end();
  await all;
  expect(places.isIdle).toBe(true);
});
