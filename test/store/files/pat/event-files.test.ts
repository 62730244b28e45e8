/** The event log when much is written, when the clock jumps, and when a file is damaged. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NewEvent } from '../../../../src/pat/mapping/event.ts';
import { EventLog } from '../../../../src/store/files/pat/event-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ListLog } from '../../../support/fake-node.ts';
import { idOf, MAPPING, ROUTER } from '../../../support/samples.ts';

const RETAIN = 2;
const MAX_BYTES = 512 * 1024;
const DAY_SECONDS = 24 * 3600;

let stateDir: string;
let clock: FakeClock;
let log: ListLog;
let eventLog: EventLog;

const open = (): EventLog =>
  new EventLog({
    stateDir,
    clock,
    log,
    retainDays: () => RETAIN,
    limits: () => ({ maxBytes: MAX_BYTES, maxBytesPerProject: MAX_BYTES / 4 }),
  });

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'praas-events-'));
  clock = new FakeClock('2030-01-10T12:00:00Z');
  log = new ListLog();
  eventLog = open();
});
afterEach(async () => {
  await eventLog.close();
  rmSync(stateDir, { recursive: true });
});

function event(n: number, fields: Partial<NewEvent> = {}): NewEvent {
  const mapping = { ...MAPPING, id: idOf(n) };
  const by = { kind: 'operator' as const, name: 'root' };
  const subject = { mapping_id: mapping.id, router_id: ROUTER, project_id: null, mapping };
  return { type: 'created', ...subject, by, reason: '', reason_code: null, before: {}, ...fields };
}

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);
const seen = async (filter = {}): Promise<string[]> =>
  (await eventLog.list(filter)).map(({ mapping_id }) => mapping_id);
const pathOf = (name: string): string => join(stateDir, 'events', name);
const files = (): string[] => readdirSync(join(stateDir, 'events')).toSorted();
const bytes = (): number => files().reduce((sum, name) => sum + statSync(pathOf(name)).size, 0);
const restart = async (): Promise<void> => {
  await eventLog.close();
  eventLog = open();
};

/** So many that a day has several blocks, and several files. */
async function appendMany(first: number, count: number): Promise<void> {
  for (const n of range(first, count)) {
    clock.advance(1);
    await eventLog.append([event(n)]);
  }
}

test('every event is found from the end, after each one and by its mapping, over blocks and files', async () => {
  await appendMany(1, 250);
  const all = await eventLog.list({ limit: 1000 });

  expect(files().length).toBeGreaterThan(3);
  expect(all.map(({ mapping_id }) => mapping_id)).toEqual(range(1, 250).map(idOf));
  for (const count of [1, 2, 30, 249])
    expect(await seen({ limit: count })).toEqual(range(251 - count, count).map(idOf));
  for (const [index, { id }] of all.entries())
    expect(await seen({ after: id, limit: 3 })).toEqual(range(index + 2, Math.min(3, 249 - index)).map(idOf));
  for (const n of [1, 100, 250]) expect(await seen({ mapping_id: idOf(n) })).toEqual([idOf(n)]);
  expect(await seen({ mapping_id: idOf(251) })).toEqual([]);
});

test('a file of an older version that is larger than many blocks is read from its end, and after each event', async () => {
  mkdirSync(join(stateDir, 'events'));
  const start = Date.parse('2030-01-09T00:00:00Z') * 1000;
  const lineOf = (n: number): string => {
    const { open_security_group: _, ...mapping } = event(n).mapping;
    return JSON.stringify({ id: start + n, at: '2030-01-09T00:00:00Z', ...event(n), mapping, request_id: '' });
  };
  writeFileSync(
    pathOf('2030-01-09.jsonl'),
    range(1, 1000)
      .map((n) => `${lineOf(n)}\n`)
      .join(''),
  );

  expect(await seen({ limit: 2 })).toEqual([999, 1000].map(idOf));
  for (const n of [0, 1, 499, 998]) expect(await seen({ after: start + n, limit: 1 })).toEqual([idOf(n + 1)]);
  expect(await seen({ after: start + 1000 })).toEqual([]);
});

test('a reader of what is not there lets others work between the blocks', async () => {
  mkdirSync(join(stateDir, 'events'));
  const line = JSON.stringify({
    id: Date.parse('2030-01-09') * 1000,
    at: '2030-01-09T00:00:00Z',
    ...event(1),
    request_id: '',
  });
  writeFileSync(pathOf('2030-01-09.jsonl'), `${line}\n`.repeat(6000));
  const blocks = statSync(pathOf('2030-01-09.jsonl')).size / (64 * 1024);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);

  expect(await seen({ type: 'down' })).toEqual([]);
  isDone = true;

  expect(turns).toBeGreaterThan(blocks / 2);
});

test('a day never has more than its limit: its oldest events go, which is said once and by the readiness', async () => {
  await appendMany(1, 300);
  expect(log.lines).toEqual([]);
  expect(eventLog.degradedReason).toBeUndefined();

  await appendMany(301, 700);

  expect(bytes()).toBeLessThanOrEqual(MAX_BYTES);
  expect(bytes()).toBeGreaterThan(MAX_BYTES / 2);
  expect(await seen({ limit: 3 })).toEqual([998, 999, 1000].map(idOf));
  expect(log.lines).toEqual([
    { level: 'warn', message: 'event log limit reached', details: { day: '2030-01-10', max_bytes: MAX_BYTES } },
  ]);
  expect(eventLog.degradedReason).toContain('2030-01-10');

  clock.advance(DAY_SECONDS);
  await eventLog.append([event(1001)]);
  expect(eventLog.degradedReason).toBeUndefined();
});

test('many events at once do not exceed the limit of a day either', async () => {
  await eventLog.append(range(1, 1000).map((n) => event(n)));

  expect(bytes()).toBeLessThanOrEqual(MAX_BYTES);
  expect(await seen({ limit: 1 })).toEqual([idOf(1000)]);
});

test('a clock that jumps ahead and back removes one day at most, and every event is found in order', async () => {
  for (const n of [1, 2, 3]) {
    await eventLog.append([event(n)]);
    clock.advance(DAY_SECONDS);
  }
  const [{ id: before } = { id: 0 }] = await eventLog.list({ limit: 1 });
  clock.advance(400 * DAY_SECONDS);
  await eventLog.append([event(4)]);
  const [{ id: during } = { id: 0 }] = await eventLog.list({ limit: 1 });
  expect(await seen()).toEqual([2, 3, 4].map(idOf));

  clock.advance(-400 * DAY_SECONDS);
  await eventLog.append([event(5)]);
  await restart();
  await eventLog.append([event(6)]);

  expect(await seen()).toEqual([3, 4, 5, 6].map(idOf));
  expect(await seen({ after: before })).toEqual([4, 5, 6].map(idOf));
  expect(await seen({ after: during })).toEqual([5, 6].map(idOf));
  expect((await eventLog.list({ limit: 1 }))[0]?.at).toBe('2030-01-13T12:00:00Z');
});

test('a clock that goes back to a day that has events already writes them behind, in a file of their own', async () => {
  await eventLog.append([event(1)]);
  clock.advance(DAY_SECONDS);
  await eventLog.append([event(2)]);
  clock.advance(-DAY_SECONDS);
  await eventLog.append([event(3)]);
  await restart();
  await eventLog.append([event(4)]);

  expect(files()).toEqual(['2030-01-10.1.jsonl', '2030-01-10.jsonl', '2030-01-11.jsonl']);
  expect(await seen()).toEqual([1, 2, 3, 4].map(idOf));
  const all = await eventLog.list({});
  expect(await seen({ after: all[1]?.id })).toEqual([3, 4].map(idOf));
});

test('a clock that goes back for good removes the days before one by one, with the days that come', async () => {
  await eventLog.append([event(1)]);
  clock.advance(-30 * DAY_SECONDS);
  for (const n of [2, 3, 4]) {
    await eventLog.append([event(n)]);
    clock.advance(DAY_SECONDS);
  }

  expect(await seen()).toEqual([2, 3, 4].map(idOf));
  expect(files()).toHaveLength(RETAIN + 1);
});

test('two processes that append to one day write IDs that grow', async () => {
  const other = open();
  for (const n of [1, 2, 3, 4]) await (n % 2 === 0 ? other : eventLog).append([event(n)]);
  await other.close();

  expect(await seen()).toEqual([1, 2, 3, 4].map(idOf));
  const ids = (await eventLog.list({})).map(({ id }) => id);
  expect(new Set(ids).size).toBe(4);
});

test('a damaged event is left out and said once, and the others are there', async () => {
  await eventLog.append([event(1), event(2), event(3)]);
  const path = pathOf('2030-01-10.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace(`"mapping_id":"${idOf(2)}"`, `"mapping_id":"${idOf(7)}"`));
  appendFileSync(path, '{"id":17,"at":"2030');

  for (let again = 0; again < 2; again++) expect(await seen()).toEqual([1, 3].map(idOf));
  const details = { path, reason: 'its checksum does not match' };
  expect(log.lines).toEqual([{ level: 'warn', message: 'event damaged', details }]);
});

test('each flipped bit of 600 leaves the events as they are, or is said by who reads or appends next', async () => {
  await eventLog.append(range(1, 4).map((n) => event(n)));
  await eventLog.close();
  const path = pathOf('2030-01-10.jsonl');
  const content = readFileSync(path);
  const before = JSON.stringify(await eventLog.list({}));
  const silent: number[] = [];
  for (let number = 0; number < 600; number++) {
    const copy = Buffer.from(content);
    // The last bit of the file, and others all over it.
    const at = number === 0 ? content.length - 1 : (number * 7919) % content.length;
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << (number % 8)), at);
    writeFileSync(path, copy);
    log = new ListLog();
    eventLog = open();
    const after = JSON.stringify(await eventLog.list({}));
    await eventLog.append([event(5)]);
    await eventLog.close();
    if (after !== before && log.lines.length === 0) silent.push(at);
  }

  expect(silent).toEqual([]);
});
