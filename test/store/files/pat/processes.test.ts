/** Many real processes on one router. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freshDirectory, idOf, openStore, ROUTER, Writer } from './support.ts';

let directory: ReturnType<typeof freshDirectory>;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => directory.remove());

test('8 processes that write 100 mappings each to one router lose none', async () => {
  const writers = Array.from({ length: 8 }, (_, index) => new Writer('reopen', directory.path, index * 100, 100));
  expect(await Promise.all(writers.map((writer) => writer.ended()))).toEqual(Array(8).fill(0));

  const ids = [...(await openStore(directory.path).read(ROUTER)).mappings.keys()];
  expect(ids.toSorted()).toEqual(Array.from({ length: 800 }, (_, n) => idOf(n)));
}, 180_000);

test('a reader beside a writer that folds its journal all the time never sees a hole or less than before', async () => {
  const writer = new Writer('keep', directory.path, 0, 600);
  const reader = openStore(directory.path);
  const sizes: number[] = [];
  const done = { isOver: false };
  const ended = writer.ended().then((code) => {
    done.isOver = true;
    return code;
  });
  while (!done.isOver) {
    const acknowledged = writer.said.length;
    const ids = [...(await reader.read(ROUTER)).mappings.keys()];
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, n) => idOf(n)));
    expect(ids.length).toBeGreaterThanOrEqual(Math.max(acknowledged, sizes.at(-1) ?? 0));
    sizes.push(ids.length);
  }

  expect(await ended).toBe(0);
  expect((await reader.read(ROUTER)).mappings.size).toBe(600);
  expect(new Set(sizes).size).toBeGreaterThan(10);
}, 180_000);
