/** When the monitor looks, and that nothing ends that. */
import { beforeEach, expect, test } from '@jest/globals';
import { type MonitorCycle, MonitorLoop } from '../../../src/pat/follow/loop.ts';
import type { VerifyReport } from '../../../src/pat/follow/monitor.ts';
import type { Notifications } from '../../../src/pat/interfaces/notifications.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { NOW } from '../../support/samples.ts';

const NOTHING: VerifyReport = { mappings: 0, corrections: [], applied: [], heldBack: [], pending: [] };
const PERIOD_MS = 30_000;

class FakeMonitor {
  sweeps = 0;
  readonly looks: string[][] = [];
  sweptAt: Date | undefined;
  outcome: () => Promise<VerifyReport> = async () => NOTHING;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  async sweep(): Promise<VerifyReport> {
    this.sweeps += 1;
    const report = await this.outcome();
    this.sweptAt = this.#now();
    return report;
  }

  async verify(ids: ReadonlySet<string>): Promise<VerifyReport> {
    this.looks.push([...ids]);
    return this.outcome();
  }
}

class FakeNotifications implements Notifications {
  trouble: string | undefined;
  onIds: (ids: readonly string[]) => void = () => undefined;
  onGap: () => void = () => undefined;
  isStopped = false;

  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void {
    this.onIds = onIds;
    this.onGap = onGap;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}

let timers: FakeTimers;
let monitor: FakeMonitor;
let events: FakeNotifications;
let log: ListLog;
let looked: MonitorCycle[];
let loop: MonitorLoop;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  monitor = new FakeMonitor(() => timers.clock.now());
  events = new FakeNotifications();
  log = new ListLog();
  looked = [];
  const parts = { periodMs: () => PERIOD_MS, timers, clock: timers.clock, log };
  loop = new MonitorLoop({ ...parts, monitor, notifications: events, onCycle: (each) => void looked.push(each) });
  loop.start();
});

test('at the start, and every period', async () => {
  expect(loop.trouble).toBe('OpenStack has not been looked at yet');
  await timers.pass(0);
  expect([monitor.sweeps, loop.trouble, loop.ageSeconds]).toEqual([1, undefined, 0]);

  await timers.pass(PERIOD_MS - 1);
  expect(monitor.sweeps).toBe(1);
  await timers.pass(1);
  expect(monitor.sweeps).toBe(2);
});

test('events that come together are looked at together, soon', async () => {
  await timers.pass(0);
  events.onIds(['a', 'b']);
  events.onIds(['b', 'c']);
  await timers.pass(50);
  expect(monitor.looks).toEqual([['a', 'b', 'c']]);

  events.onIds(['d']);
  await timers.pass(50);
  expect(monitor.looks).toEqual([['a', 'b', 'c'], ['d']]);
  expect(monitor.sweeps).toBe(1);
});

test('where events may have been missed, everything is looked at', async () => {
  await timers.pass(0);
  events.onGap();
  await timers.pass(0);

  expect(monitor.sweeps).toBe(2);
});

test('what fails is tried again, later and later, and said once', async () => {
  monitor.outcome = async () => Promise.reject(new Error('nobody is there'));
  await timers.pass(0);
  expect(loop.trouble).toBe('nobody is there');
  await timers.pass(1000);
  await timers.pass(2000);
  await timers.pass(4000);
  expect(monitor.sweeps).toBe(4);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  expect(looked.every(({ report }) => report === undefined)).toBe(true);

  monitor.outcome = async () => NOTHING;
  await timers.pass(8000);
  expect(loop.trouble).toBeUndefined();
  expect(log.lines.at(-1)?.message).toBe('mappings can be compared with OpenStack again');
});

test('what hangs is given up, and the next look comes all the same', async () => {
  monitor.outcome = () => new Promise(() => undefined);
  await timers.pass(120_000);
  expect(loop.trouble).toBe('no end within 120 seconds');

  monitor.outcome = async () => NOTHING;
  await timers.pass(1000);
  expect([monitor.sweeps, loop.trouble]).toEqual([2, undefined]);
});

test('what an event has begun is looked at again, later and later, until it has ended or a sweep does it', async () => {
  loop.start();
  await timers.pass(0);
  monitor.outcome = async () => ({ ...NOTHING, pending: ['mapping'] });
  events.onIds(['port']);
  await timers.pass(100);
  expect(monitor.looks).toEqual([['port']]);
  await timers.pass(1100);
  expect(monitor.looks).toEqual([['port'], ['mapping']]);
  await timers.pass(1000);
  expect(monitor.looks).toHaveLength(2);
  monitor.outcome = async () => NOTHING;
  await timers.pass(1100);
  expect(monitor.looks).toHaveLength(3);
  await timers.pass(20_000);
  expect(monitor.looks).toHaveLength(3);

  monitor.outcome = async () => ({ ...NOTHING, pending: ['mapping'] });
  events.onIds(['port']);
  await timers.pass(10 * PERIOD_MS);
  const looks = monitor.looks.length;
  await timers.pass(10 * PERIOD_MS);
  expect(looks).toBe(9);
  expect(monitor.looks).toHaveLength(looks);
});

test('an event that cannot be looked at is left to a sweep, soon', async () => {
  await timers.pass(0);
  monitor.outcome = async () => Promise.reject(new Error('503'));
  events.onIds(['a']);
  await timers.pass(50);
  monitor.outcome = async () => NOTHING;
  await timers.pass(1000);

  expect(monitor.sweeps).toBe(2);
});

test('what is held back, and a broker that cannot be heard, are said', async () => {
  monitor.outcome = async () => ({ ...NOTHING, heldBack: ['11 mappings would be removed'] });
  await timers.pass(0);
  expect(loop.trouble).toBe('11 mappings would be removed');
  await timers.pass(PERIOD_MS);
  expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { message: 'the monitor holds back', details: { reason: '11 mappings would be removed' } },
  ]);

  monitor.outcome = async () => NOTHING;
  events.trouble = 'no broker';
  await timers.pass(PERIOD_MS);
  expect(loop.trouble).toBe('no broker');
});

test('once stopped it looks no more', async () => {
  await timers.pass(0);
  await loop.stop();
  events.onIds(['a']);
  await timers.pass(10 * PERIOD_MS);

  expect([monitor.sweeps, monitor.looks, events.isStopped, timers.count]).toEqual([1, [], true, 0]);
});
