// The lines are those that `ip -4 -o monitor address all-nsid` of iproute2 6.1 printed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AddressWatch } from '../../src/netfilter/address-watch.ts';
import type { Exec } from '../../src/system/exec.ts';
import type { Follow } from '../../src/system/follow.ts';
import { ListLog } from '../support/fake-node.ts';

/** Longer than changes are joined. */
const QUIET_MS = 150;

/** `ip` on a node: its namespaces with their IDs, and a monitor whose lines and end a test decides. */
class FakeIp {
  ids: Record<string, number | undefined> = {};
  readonly calls: string[] = [];
  readonly #monitors: { print: (line: string) => void; end: (reason: Error | undefined) => void }[] = [];

  readonly follow: Follow = ({ file, args }, onLine) => {
    this.calls.push([file, ...args].join(' '));
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#monitors.push({ print: onLine, end: resolve });
    return { ended: promise, stop: async () => resolve(undefined) };
  };

  readonly exec: Exec = async ({ file, args, input = '' }) => {
    this.calls.push([file, ...args].join(' '));
    for (const [, name = ''] of input.matchAll(/^netns set (\S+) auto$/gm)) {
      this.ids[name] ??= Object.keys(this.ids).length;
    }
    const named = Object.entries(this.ids).map(([name, id]) => (id === undefined ? { name } : { name, id }));
    return { exitCode: 0, stdout: args.includes('list') ? JSON.stringify(named) : '', stderr: '' };
  };

  count(part: string): number {
    return this.calls.filter((call) => call.includes(part)).length;
  }

  added(number: number | 'current'): void {
    this.#print(
      `[nsid ${number}]1: lo    inet 10.8.8.8/24 scope global lo\\       valid_lft forever preferred_lft forever`,
    );
  }

  removed(number: number): void {
    this.#print(
      `[nsid ${number}]Deleted 3: ifb1    inet 10.8.8.8/24 scope global v0\\       valid_lft forever preferred_lft forever`,
    );
  }

  end(reason?: Error): void {
    this.#monitors.at(-1)?.end(reason);
  }

  #print(line: string): void {
    this.#monitors.at(-1)?.print(line);
  }
}

let ip: FakeIp;
let log: ListLog;
let watch: AddressWatch;
let reported: string[];

beforeEach(() => {
  ip = new FakeIp();
  log = new ListLog();
  reported = [];
  watch = new AddressWatch({ follow: ip.follow, exec: ip.exec, log });
  watch.start((name) => reported.push(name));
});
afterEach(() => watch.stop());

test('an added or deleted address is reported with the name of its namespace, once for all changes together', async () => {
  ip.ids = { edge: 0, west: 1, north: undefined };
  for (let times = 0; times < 20; times++) ip.added(0);
  ip.removed(1);
  ip.removed(0);
  await sleep(QUIET_MS);
  expect(reported.toSorted()).toEqual(['edge', 'west']);
  expect(ip.count('netns list')).toBe(1);
});

test('IDs are read once, until one is unknown or a namespace was added or deleted', async () => {
  ip.ids = { edge: 0 };
  for (let times = 0; times < 2; times++) {
    ip.added(0);
    await sleep(QUIET_MS);
  }
  expect(ip.count('netns list')).toBe(1);

  ip.ids = { edge: 0, west: 1 };
  ip.added(1);
  await sleep(QUIET_MS);
  expect([reported, ip.count('netns list')]).toEqual([['edge', 'edge', 'west'], 2]);

  ip.ids = { heir: 0, west: 1 };
  watch.forgetIds();
  ip.added(0);
  await sleep(QUIET_MS);
  expect([reported.at(-1), ip.count('netns list')]).toEqual(['heir', 3]);
});

test('a namespace without a name here, and that of praas, cause no second read', async () => {
  for (let times = 0; times < 3; times++) {
    ip.added(7);
    ip.added('current');
    await sleep(QUIET_MS);
  }
  expect(reported).toEqual([]);
  expect(ip.count('netns list')).toBe(1);
});

test('all namespaces that are added together get their IDs from one process', async () => {
  await watch.assignIds(Array.from({ length: 1000 }, (_, index) => `r${index}`));
  expect(ip.count('-batch')).toBe(1);

  await Promise.all([watch.assignIds(['a']), watch.assignIds(['b']), watch.assignIds(['c'])]);
  expect(ip.count('-batch')).toBe(3);
  await watch.assignIds([]);
  expect(ip.count('-batch')).toBe(3);
  ip.added(1002);
  await sleep(QUIET_MS);
  expect(reported).toEqual(['c']);
});

test('a monitor that ends is restarted, with one warning until it has worked again', async () => {
  ip.end(new Error('killed'));
  while (ip.count('monitor') < 2) await sleep(20);
  ip.end(new Error('killed'));
  while (ip.count('monitor') < 3) await sleep(20);
  expect(log.lines).toMatchObject([{ level: 'warn', details: { error: 'killed' } }]);

  ip.ids = { edge: 0 };
  ip.added(0);
  await sleep(QUIET_MS);
  expect(reported).toEqual(['edge']);
  ip.end();
  await sleep(0);
  expect(log.lines).toHaveLength(2);
});

test('a failure of `ip` is a warning, and the next event reads again', async () => {
  const broken = new AddressWatch({
    follow: ip.follow,
    log,
    exec: async () => {
      throw new Error('no such program');
    },
  });
  broken.start((name) => reported.push(name));
  await broken.assignIds(['edge']);
  for (let times = 0; times < 2; times++) {
    ip.added(0);
    await sleep(QUIET_MS);
  }
  await broken.stop();
  const reasons = log.lines.map(({ details }) => details?.['error']);
  expect(reasons).toEqual(['no such program', 'no such program', 'no such program']);
  expect(reported).toEqual([]);
});

test('after stop nothing is reported and nothing started', async () => {
  ip.ids = { edge: 0 };
  ip.added(0);
  await watch.stop();
  ip.added(0);
  const calls = ip.calls.length;
  await sleep(QUIET_MS);
  expect([reported, ip.calls.length]).toEqual([[], calls]);
});
