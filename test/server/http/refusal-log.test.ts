import { beforeEach, expect, test } from '@jest/globals';
import { RefusalLog } from '../../../src/server/http/refusal-log.ts';
import { ListLog } from '../../support/fake-node.ts';

const MINUTE_MS = 60_000;
let nowMs: number;
let log: ListLog;
let refusals: RefusalLog;
let written: string[];

beforeEach(() => {
  nowMs = 0;
  written = [];
  log = new ListLog();
  refusals = new RefusalLog(log, { elapsedMs: () => nowMs });
});

const refuse = (address: string, reason = 'status 404'): void =>
  refusals.add(reason, address, () => written.push(`${reason} ${address}`));
const counted = (): unknown[] => log.lines.map(({ details }) => details);

test('the first of an address and reason is written, the others are counted until the minute is over', () => {
  for (let n = 0; n < 4000; n++) refuse('192.0.2.7');
  refuse('192.0.2.7', 'status 401');
  refuse('192.0.2.8');
  refusals.flush();
  expect(written).toEqual(['status 404 192.0.2.7', 'status 401 192.0.2.7', 'status 404 192.0.2.8']);
  expect(counted()).toEqual([]);

  nowMs = MINUTE_MS;
  refusals.flush();
  expect(counted()).toEqual([{ reason: 'status 404', address: '192.0.2.7', count: 3999 }]);
  refuse('192.0.2.7');
  expect(written).toHaveLength(4);
});

test('the lines of a minute are bounded, however many addresses there are', () => {
  for (let n = 0; n < 5000; n++) refuse(`2001:db8:${(n >> 8).toString(16)}:${(n & 0xff).toString(16)}::1`);
  expect(written).toHaveLength(257);

  nowMs = MINUTE_MS;
  refusals.flush();
  expect(counted()).toEqual([{ reason: 'status 404', address: 'other addresses', count: 5000 - 257 }]);
});
