/** kill -9 at random moments of more than 500 writes. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { commitEach, freshDirectory, idOf, openStore, ROUTER, Writer } from './support.ts';

const WRITES = 500;
const ROUNDS = 25;
const LONGEST_LIFE_MS = 120;

let directory: ReturnType<typeof freshDirectory>;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => directory.remove());

async function stored(): Promise<ReadonlySet<string>> {
  return new Set((await openStore(directory.path).read(ROUTER)).mappings.keys());
}

/** Lets a writer live for a random while from its first word on. Gives what it said. */
async function liveAndDie(mode: string, first: number): Promise<readonly string[]> {
  const writer = new Writer(mode, directory.path, first, 100_000);
  await writer.lines(1);
  await sleep(Math.random() * LONGEST_LIFE_MS);
  expect(await writer.kill()).toBeNull();
  return writer.said;
}

test('a writer killed at random moments of 500 writes loses nothing that it acknowledged', async () => {
  let next = 0;
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS || acknowledged.length < WRITES; round++) {
    const said = await liveAndDie('keep', next);
    acknowledged.push(...said.map((n) => idOf(Number(n))));

    const ids = await stored();
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    // One more than it said may have become durable just before it died.
    next += said.length + 1;
    expect(ids.size).toBeLessThanOrEqual(next);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(WRITES);
}, 180_000);

test('a killed writer leaves nothing of what it had reported as rolled back', async () => {
  let next = 0;
  const kept: string[] = [];
  const undone: string[] = [];
  while (undone.length < 50) {
    const said = await liveAndDie('undo', next);
    for (const line of said) (line.startsWith('-') ? undone : kept).push(idOf(Number(line.replace('- ', ''))));
    next += said.length + 1;
  }

  const ids = await stored();
  expect(undone.filter((id) => ids.has(id))).toEqual([]);
  expect(kept.filter((id) => !ids.has(id))).toEqual([]);
}, 180_000);

test('unfinished files of a killed writer are removed by the next one', async () => {
  const store = openStore(directory.path);
  await commitEach(store, [1]);
  await store.close();
  const routers = join(directory.path, 'routers');
  writeFileSync(join(routers, '.r1.json.4711.tmp'), '{"version":');

  await commitEach(store, [2]);
  await store.close();

  expect(readdirSync(routers)).toEqual(['r1.journal']);
  expect((await stored()).size).toBe(2);
});
