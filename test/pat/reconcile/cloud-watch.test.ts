/** A cloud that becomes unavailable and available again. */
import { beforeEach, expect, test } from '@jest/globals';
import { CloudWatch } from '../../../src/pat/reconcile/cloud-watch.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { NOW } from '../../support/samples.ts';

let log: ListLog;
let timers: FakeTimers;
let watch: CloudWatch;
let reads: number;
let failure: string | undefined;
beforeEach(() => {
  log = new ListLog();
  timers = new FakeTimers(NOW);
  reads = 0;
  failure = undefined;
  const read = async (): Promise<void> => {
    reads++;
    if (failure !== undefined) throw new Error(failure);
  };
  watch = new CloudWatch({ read, periodMs: () => 30_000, timers, log });
});

test('it is degraded before the first read', () => {
  expect(watch.degradedReason).toBeDefined();
});

test('it reads periodically', async () => {
  await watch.start();
  await timers.pass(95_000);

  expect(reads).toBe(4);
  expect(watch.degradedReason).toBeUndefined();
});

test('while the cloud is unavailable it reads after growing waits, and logs the error once', async () => {
  failure = 'connection refused';
  await watch.start();
  await timers.pass(60_000);

  expect(watch.degradedReason).toBe('connection refused');
  expect(reads).toBe(6);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);

  failure = undefined;
  await timers.pass(30_000);

  expect(watch.degradedReason).toBeUndefined();
  expect(log.lines.at(-1)).toMatchObject({ level: 'info' });
});

test('two refreshes at once share one read', async () => {
  await watch.start();
  await Promise.all([watch.refresh(), watch.refresh()]);

  expect(reads).toBe(2);
  expect(timers.count).toBe(1);
});

test('it does not read after stop', async () => {
  await watch.start();
  watch.stop();
  await timers.pass(120_000);

  expect(reads).toBe(1);
  expect(timers.count).toBe(0);
});
