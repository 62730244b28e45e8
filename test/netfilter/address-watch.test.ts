// The lines are those that `ip -4 -o monitor address all-nsid` of iproute2 6.1 printed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AddressWatch } from '../../src/netfilter/address-watch.ts';
import type { Exec } from '../../src/system/exec.ts';
import type { Follow } from '../../src/system/follow.ts';
import { ListLog } from '../support/fake-node.ts';

/** Longer than what happens together is collected. */
const SETTLED_MS = 150;

/** A node on which `ip` is asked: its namespaces with their numbers, and a monitor that a test lets speak and end. */
class FakeIp {
  numbers: Record<string, number | undefined> = {};
  readonly calls: string[] = [];
  readonly #monitors: { say: (line: string) => void; end: (reason: Error | undefined) => void }[] = [];

  readonly follow: Follow = ({ file, args }, onLine) => {
    this.calls.push([file, ...args].join(' '));
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#monitors.push({ say: onLine, end: resolve });
    return { ended: promise, stop: async () => resolve(undefined) };
  };

  readonly exec: Exec = async ({ file, args, input = '' }) => {
    this.calls.push([file, ...args].join(' '));
    for (const [, name = ''] of input.matchAll(/^netns set (\S+) auto$/gm)) {
      this.numbers[name] ??= Object.keys(this.numbers).length;
    }
    const named = Object.entries(this.numbers).map(([name, id]) => (id === undefined ? { name } : { name, id }));
    return { exitCode: 0, stdout: args.includes('list') ? JSON.stringify(named) : '', stderr: '' };
  };

  count(part: string): number {
    return this.calls.filter((call) => call.includes(part)).length;
  }

  added(number: number | 'current'): void {
    this.#say(
      `[nsid ${number}]1: lo    inet 10.8.8.8/24 scope global lo\\       valid_lft forever preferred_lft forever`,
    );
  }

  removed(number: number): void {
    this.#say(
      `[nsid ${number}]Deleted 3: ifb1    inet 10.8.8.8/24 scope global v0\\       valid_lft forever preferred_lft forever`,
    );
  }

  end(reason?: Error): void {
    this.#monitors.at(-1)?.end(reason);
  }

  #say(line: string): void {
    this.#monitors.at(-1)?.say(line);
  }
}

let ip: FakeIp;
let log: ListLog;
let watch: AddressWatch;
let told: string[];

beforeEach(() => {
  ip = new FakeIp();
  log = new ListLog();
  told = [];
  watch = new AddressWatch({ follow: ip.follow, exec: ip.exec, log });
  watch.start((name) => told.push(name));
});
afterEach(() => watch.stop());

test('an address that comes or goes is told with the name of its namespace, once for all that happens together', async () => {
  ip.numbers = { edge: 0, west: 1, north: undefined };
  for (let times = 0; times < 20; times++) ip.added(0);
  ip.removed(1);
  ip.removed(0);
  await sleep(SETTLED_MS);
  expect(told.toSorted()).toEqual(['edge', 'west']);
  expect(ip.count('netns list')).toBe(1);
});

test('numbers are looked up once, until one is unknown or a namespace has come or gone', async () => {
  ip.numbers = { edge: 0 };
  for (let times = 0; times < 2; times++) {
    ip.added(0);
    await sleep(SETTLED_MS);
  }
  expect(ip.count('netns list')).toBe(1);

  ip.numbers = { edge: 0, west: 1 };
  ip.added(1);
  await sleep(SETTLED_MS);
  expect([told, ip.count('netns list')]).toEqual([['edge', 'edge', 'west'], 2]);

  ip.numbers = { heir: 0, west: 1 };
  watch.forgetNumbers();
  ip.added(0);
  await sleep(SETTLED_MS);
  expect([told.at(-1), ip.count('netns list')]).toEqual(['heir', 3]);
});

test('a namespace that has no name here, and our own, cost nothing after the first time', async () => {
  for (let times = 0; times < 3; times++) {
    ip.added(7);
    ip.added('current');
    await sleep(SETTLED_MS);
  }
  expect(told).toEqual([]);
  expect(ip.count('netns list')).toBe(1);
});

test('all namespaces that come together get their numbers from one process', async () => {
  await watch.number(Array.from({ length: 1000 }, (_, index) => `r${index}`));
  expect(ip.count('-batch')).toBe(1);

  await Promise.all([watch.number(['a']), watch.number(['b']), watch.number(['c'])]);
  expect(ip.count('-batch')).toBe(3);
  await watch.number([]);
  expect(ip.count('-batch')).toBe(3);
  ip.added(1002);
  await sleep(SETTLED_MS);
  expect(told).toEqual(['c']);
});

test('a monitor that ends is started again, said once until it has worked again', async () => {
  ip.end(new Error('killed'));
  while (ip.count('monitor') < 2) await sleep(20);
  ip.end(new Error('killed'));
  while (ip.count('monitor') < 3) await sleep(20);
  expect(log.lines).toMatchObject([{ level: 'warn', details: { reason: 'killed' } }]);

  ip.numbers = { edge: 0 };
  ip.added(0);
  await sleep(SETTLED_MS);
  expect(told).toEqual(['edge']);
  ip.end();
  await sleep(0);
  expect(log.lines).toHaveLength(2);
});

test('when `ip` fails it is said, and the next event asks again', async () => {
  const broken = new AddressWatch({
    follow: ip.follow,
    log,
    exec: async () => {
      throw new Error('no such program');
    },
  });
  broken.start((name) => told.push(name));
  await broken.number(['edge']);
  for (let times = 0; times < 2; times++) {
    ip.added(0);
    await sleep(SETTLED_MS);
  }
  await broken.stop();
  const toldOf = log.lines.map(({ details }) => details?.['reason']);
  expect(toldOf).toEqual(['no such program', 'no such program', 'no such program']);
  expect(told).toEqual([]);
});

test('after it is stopped nothing is told and nothing started', async () => {
  ip.numbers = { edge: 0 };
  ip.added(0);
  await watch.stop();
  ip.added(0);
  const calls = ip.calls.length;
  await sleep(SETTLED_MS);
  expect([told, ip.calls.length]).toEqual([[], calls]);
});
