// With real directories and inotify. A link to a namespace of this process, of whatever kind, stands for one that
// `ip netns add` has mounted; held open, because the kernel remembers only those in use.
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { RouterWatch } from '../../src/netfilter/watch.ts';
import { createExec } from '../../src/system/exec.ts';
import { createFollow } from '../../src/system/follow.ts';
import { ListLog } from '../support/fake-node.ts';

const UUID = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';
/** Long enough for events that should not come. */
const SILENCE_MS = 100;

const KINDS = ['net', 'uts'] as const;
const linkTo = (kind: (typeof KINDS)[number]): string => `/proc/self/ns/${kind}`;

let held: FileHandle[];
let base: string;
let directory: string;
let watch: RouterWatch;
let reported: string[];
let log: ListLog;

beforeAll(async () => {
  held = await Promise.all(KINDS.map((kind) => open(linkTo(kind))));
});
afterAll(() => Promise.all(held.map((file) => file.close())));
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'praas-watch-'));
  directory = join(base, 'deep', 'netns');
  reported = [];
  log = new ListLog();
  const exec = createExec(10_000, process.env);
  watch = new RouterWatch({ directory, log, exec, follow: createFollow(process.env) });
});
afterEach(async () => {
  await watch.stop();
  await rm(base, { recursive: true, force: true });
});

const start = (): Promise<void> => watch.start((router_id, what) => reported.push(`${router_id} ${what}`));
const at = (name: string): string => join(directory, name);
const make = (name: string): Promise<void> => symlink(linkTo('net'), at(name));
const makeDirectory = async (): Promise<void> => void (await mkdir(directory, { recursive: true }));

/** Waits for as many reports, then a little longer, and gives all of them. */
async function reportedAfter(count: number): Promise<readonly string[]> {
  while (reported.length < count) await sleep(5);
  await sleep(SILENCE_MS);
  return reported;
}

test('routers that are added or deleted are reported by their ID; those present before are known', async () => {
  await makeDirectory();
  await make('here');
  await start();

  await make(`qrouter-${UUID}`);
  await make('edge');
  expect((await reportedAfter(2)).toSorted()).toEqual([`${UUID} appeared`, 'edge appeared']);
  await rm(at('here'));
  expect((await reportedAfter(3)).at(-1)).toBe('here gone');
});

test('a namespace that replaces another is reported, however quickly; the same one again is not', async () => {
  await makeDirectory();
  for (const name of ['edge', 'west']) await make(name);
  await start();

  for (const name of ['edge', 'west']) await rm(at(name));
  await make('west');
  await symlink(linkTo('uts'), at('edge'));

  expect(await reportedAfter(2)).toEqual(['edge gone', 'edge appeared']);
});

test('a name is not a router before its namespace is mounted', async () => {
  await makeDirectory();
  await writeFile(at('early'), '');
  await start();
  await writeFile(at('edge'), '');
  await sleep(SILENCE_MS);
  expect(reported).toEqual([]);

  for (const name of ['early', 'edge']) {
    await make(`${name}.new`);
    await rename(at(`${name}.new`), at(name));
  }
  const names = (await reportedAfter(2)).filter((line) => !line.includes('.new'));
  expect(names.toSorted()).toEqual(['early appeared', 'edge appeared']);
});

test('a distributed router is gone with the last of its namespaces', async () => {
  await makeDirectory();
  await make(`qrouter-${UUID}`);
  await make(`snat-${UUID}`);
  await start();

  await rm(at(`snat-${UUID}`));
  expect(await reportedAfter(1)).toEqual([`${UUID} appeared`]);
  await rm(at(`qrouter-${UUID}`));
  expect(await reportedAfter(2)).toEqual([`${UUID} appeared`, `${UUID} gone`]);
});

test('names that are not valid router IDs are left out', async () => {
  await makeDirectory();
  await start();

  for (const name of ['two words', '-dash', 'ünder', 'x'.repeat(129), 'edge']) await make(name);

  expect(await reportedAfter(1)).toEqual(['edge appeared']);
});

test('the directory may be made later, deleted, and made again', async () => {
  await start();
  await makeDirectory();
  await make('edge');
  expect(await reportedAfter(1)).toEqual(['edge appeared']);

  await rm(join(base, 'deep'), { recursive: true });
  expect(await reportedAfter(2)).toEqual(['edge appeared', 'edge gone']);

  await makeDirectory();
  await make('west');
  expect((await reportedAfter(3)).at(-1)).toBe('west appeared');
  await rm(at('west'));
  expect((await reportedAfter(4)).at(-1)).toBe('west gone');
  expect(log.lines).toEqual([]);
});

test('the routers of a directory that is moved away are gone, and back with it', async () => {
  await makeDirectory();
  await make('edge');
  await start();

  await rename(directory, `${directory}.old`);
  expect(await reportedAfter(1)).toEqual(['edge gone']);
  await rename(`${directory}.old`, directory);
  expect(await reportedAfter(2)).toEqual(['edge gone', 'edge appeared']);
});

test('a router may have the name of the directory', async () => {
  await makeDirectory();
  await make('edge');
  await start();

  await make('netns');
  expect(await reportedAfter(1)).toEqual(['netns appeared']);
  await rm(at('netns'));
  expect(await reportedAfter(2)).toEqual(['netns appeared', 'netns gone']);
});

test('of hundreds at once each is reported once', async () => {
  await makeDirectory();
  await start();
  const names = Array.from({ length: 500 }, (_, index) => `r${index}`);

  await Promise.all(names.map(make));

  expect((await reportedAfter(names.length)).toSorted()).toEqual(names.map((name) => `${name} appeared`).toSorted());
});

test('after stop nothing is reported', async () => {
  await makeDirectory();
  await start();
  await make('edge');
  await watch.stop();
  await make('west');
  await sleep(SILENCE_MS);
  expect(reported).toEqual([]);
});
