/** When the monitor runs a cycle, and that only stop ends the loop. */
import { beforeEach, expect, test } from '@jest/globals';
import { type MonitorCycle, MonitorLoop } from '../../../src/pat/follow/loop.ts';
import type { VerifyReport } from '../../../src/pat/follow/monitor.ts';
import { type Withheld, withheldText } from '../../../src/pat/follow/withheld.ts';
import type { Notifications } from '../../../src/pat/interfaces/notifications.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { NOW } from '../../support/samples.ts';

const NOTHING: VerifyReport = { mappings: 0, corrections: [], applied: [], withheld: [], pending: [] };
const PERIOD_MS = 30_000;

class FakeMonitor {
  sweeps = 0;
  readonly verified: string[][] = [];
  sweptAtMs: number | undefined;
  outcome: () => Promise<VerifyReport> = async () => NOTHING;
  readonly #elapsedMs: () => number;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  async sweep(): Promise<VerifyReport> {
    this.sweeps += 1;
    const report = await this.outcome();
    this.sweptAtMs = this.#elapsedMs();
    return report;
  }

  async verify(ids: ReadonlySet<string>): Promise<VerifyReport> {
    this.verified.push([...ids]);
    return this.outcome();
  }
}

class FakeNotifications implements Notifications {
  lastError: string | undefined;
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
let notifications: FakeNotifications;
let log: ListLog;
let cycles: MonitorCycle[];
let loop: MonitorLoop;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  monitor = new FakeMonitor(() => timers.clock.elapsedMs());
  notifications = new FakeNotifications();
  log = new ListLog();
  cycles = [];
  const parts = { periodMs: () => PERIOD_MS, timers, clock: timers.clock, log };
  loop = new MonitorLoop({ ...parts, monitor, notifications, onCycle: (each) => void cycles.push(each) });
  loop.start();
});

test('sweeps at the start and in every period', async () => {
  expect(loop.degradedReason).toEqual(expect.any(String));
  await timers.pass(0);
  expect([monitor.sweeps, loop.degradedReason, loop.ageSeconds]).toEqual([1, undefined, 0]);

  await timers.pass(PERIOD_MS - 1);
  expect(monitor.sweeps).toBe(1);
  await timers.pass(1);
  expect(monitor.sweeps).toBe(2);
});

test('notifications that arrive together are verified together', async () => {
  await timers.pass(0);
  notifications.onIds(['a', 'b']);
  notifications.onIds(['b', 'c']);
  await timers.pass(50);
  expect(monitor.verified).toEqual([['a', 'b', 'c']]);

  notifications.onIds(['d']);
  await timers.pass(50);
  expect(monitor.verified).toEqual([['a', 'b', 'c'], ['d']]);
  expect(monitor.sweeps).toBe(1);
});

test('sweeps when notifications may have been missed', async () => {
  await timers.pass(0);
  notifications.onGap();
  await timers.pass(0);

  expect(monitor.sweeps).toBe(2);
});

test('a failing sweep is repeated after growing waits, and logged once', async () => {
  monitor.outcome = async () => Promise.reject(new Error('no answer'));
  await timers.pass(0);
  expect(loop.degradedReason).toBe('no answer');
  await timers.pass(1000);
  await timers.pass(2000);
  await timers.pass(4000);
  expect(monitor.sweeps).toBe(4);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  expect(cycles.every(({ report }) => report === undefined)).toBe(true);

  monitor.outcome = async () => NOTHING;
  await timers.pass(8000);
  expect(loop.degradedReason).toBeUndefined();
  expect(log.lines.at(-1)).toMatchObject({ level: 'info', message: 'sweep recovered' });
});

test('a sweep that hangs is given up, and the next one follows', async () => {
  monitor.outcome = () => new Promise(() => undefined);
  await timers.pass(120_000);
  expect(loop.degradedReason).toContain('120 seconds');

  monitor.outcome = async () => NOTHING;
  await timers.pass(1000);
  expect([monitor.sweeps, loop.degradedReason]).toEqual([2, undefined]);
});

test('pending mappings are verified again after growing waits, until they are complete or a sweep is due', async () => {
  loop.start();
  await timers.pass(0);
  monitor.outcome = async () => ({ ...NOTHING, pending: ['mapping'] });
  notifications.onIds(['port']);
  await timers.pass(100);
  expect(monitor.verified).toEqual([['port']]);
  await timers.pass(1100);
  expect(monitor.verified).toEqual([['port'], ['mapping']]);
  await timers.pass(1000);
  expect(monitor.verified).toHaveLength(2);
  monitor.outcome = async () => NOTHING;
  await timers.pass(1100);
  expect(monitor.verified).toHaveLength(3);
  await timers.pass(20_000);
  expect(monitor.verified).toHaveLength(3);

  monitor.outcome = async () => ({ ...NOTHING, pending: ['mapping'] });
  notifications.onIds(['port']);
  await timers.pass(10 * PERIOD_MS);
  const count = monitor.verified.length;
  await timers.pass(10 * PERIOD_MS);
  expect(count).toBe(9);
  expect(monitor.verified).toHaveLength(count);
});

test('a failed verification is followed by a sweep', async () => {
  await timers.pass(0);
  monitor.outcome = async () => Promise.reject(new Error('503'));
  notifications.onIds(['a']);
  await timers.pass(50);
  monitor.outcome = async () => NOTHING;
  await timers.pass(1000);

  expect(monitor.sweeps).toBe(2);
});

test('withheld corrections and missing notifications degrade it; each is logged once', async () => {
  const withheld: Withheld = { code: 'TOO_MANY_DELETIONS', facts: { requested: 11, limit: 10 } };
  monitor.outcome = async () => ({ ...NOTHING, withheld: [withheld] });
  await timers.pass(0);
  expect(loop.degradedReason).toBe(withheldText(withheld));
  await timers.pass(PERIOD_MS);
  expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { details: { code: 'TOO_MANY_DELETIONS', requested: 11, limit: 10 } },
  ]);

  monitor.outcome = async () => NOTHING;
  notifications.lastError = 'no broker';
  await timers.pass(PERIOD_MS);
  expect(loop.degradedReason).toBe('no broker');
});

test('corrections that failed are not logged as withheld', async () => {
  const facts = { error: 'disk full', error_code: 'STORE_FAILED' };
  monitor.outcome = async () => ({ ...NOTHING, withheld: [{ code: 'APPLY_FAILED', facts }] });
  await timers.pass(0);
  expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { message: 'corrections failed', details: { code: 'APPLY_FAILED', ...facts } },
  ]);
});

test('runs no cycle after stop', async () => {
  await timers.pass(0);
  await loop.stop();
  notifications.onIds(['a']);
  await timers.pass(10 * PERIOD_MS);

  expect([monitor.sweeps, monitor.verified, notifications.isStopped, timers.count]).toEqual([1, [], true, 0]);
});
