/** A cloud that goes away and comes back. */
import { beforeEach, expect, test } from '@jest/globals';
import { CloudWatch } from '../../../src/pat/reconcile/cloud-watch.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { NOW } from '../../support/samples.ts';

let log: ListLog;
let timers: FakeTimers;
let watch: CloudWatch;
let reads: number;
let trouble: string | undefined;
beforeEach(() => {
  log = new ListLog();
  timers = new FakeTimers(NOW);
  reads = 0;
  trouble = undefined;
  const read = async (): Promise<void> => {
    reads++;
    if (trouble !== undefined) throw new Error(trouble);
  };
  watch = new CloudWatch({ read, periodMs: () => 30_000, timers, log });
});

test('before the first answer the cloud is not taken for well', () => {
  expect(watch.trouble).toBeDefined();
});

test('it reads on its period', async () => {
  await watch.start();
  await timers.pass(95_000);

  expect(reads).toBe(4);
  expect(watch.trouble).toBeUndefined();
});

test('while the cloud is away it asks sooner, then later and later, and says so once', async () => {
  trouble = 'nothing listens there';
  await watch.start();
  await timers.pass(60_000);

  expect(watch.trouble).toBe('nothing listens there');
  expect(reads).toBe(6);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);

  trouble = undefined;
  await timers.pass(30_000);

  expect(watch.trouble).toBeUndefined();
  expect(log.lines.at(-1)?.message).toBe('OpenStack answers again');
});

test('who wants to know now does not read twice at once', async () => {
  await watch.start();
  await Promise.all([watch.refresh(), watch.refresh()]);

  expect(reads).toBe(2);
  expect(timers.count).toBe(1);
});

test('stopped, it reads no more', async () => {
  await watch.start();
  watch.stop();
  await timers.pass(120_000);

  expect(reads).toBe(1);
  expect(timers.count).toBe(0);
});
