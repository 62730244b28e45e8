/** The event log on a real disk. */
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

const MAX_BYTES = 1024 * 1024;
let state_dir: string;
let clock: FakeClock;
let log: ListLog;
let eventLog: EventLog;

const open = (): EventLog =>
  new EventLog({
    stateDir: state_dir,
    clock,
    log,
    retainDays: () => 2,
    limits: () => ({ maxBytes: MAX_BYTES, maxBytesPerProject: MAX_BYTES / 4 }),
    requestId: () => 'req-1',
  });
const event = (n: number, fields: Partial<NewEvent> = {}): NewEvent => ({
  type: 'created',
  mapping_id: idOf(n),
  router_id: ROUTER,
  project_id: null,
  by: { kind: 'operator', name: 'root' },
  reason: '',
  reason_code: null,
  before: {},
  mapping: { ...MAPPING, id: idOf(n) },
  ...fields,
});
const ids = async (filter = {}): Promise<string[]> => (await eventLog.list(filter)).map(({ mapping_id }) => mapping_id);
const files = (): string[] => readdirSync(join(state_dir, 'events')).toSorted();

beforeEach(() => {
  state_dir = mkdtempSync(join(tmpdir(), 'praas-events-'));
  clock = new FakeClock('2030-01-10T12:00:00Z');
  log = new ListLog();
  eventLog = open();
});
afterEach(async () => {
  await eventLog.close();
  rmSync(state_dir, { recursive: true });
});

test('there is none before the first, and each is there after it, for root alone', async () => {
  expect(await ids()).toEqual([]);

  await eventLog.append([event(1), event(2)]);
  await eventLog.append([event(3)]);

  expect(await ids()).toEqual([idOf(1), idOf(2), idOf(3)]);
  expect((await eventLog.list({}))[0]).toMatchObject({
    at: '2030-01-10T12:00:00Z',
    request_id: 'req-1',
    mapping: { id: idOf(1) },
  });
  expect(statSync(join(state_dir, 'events', '2030-01-10.jsonl')).mode & 0o777).toBe(0o600);
  expect(statSync(join(state_dir, 'events')).mode & 0o777).toBe(0o700);
});

test('the newest, or those after one; by mapping, type and project', async () => {
  await eventLog.append([
    event(1, { project_id: 'blue' }),
    event(2),
    event(1, { type: 'deleted', project_id: 'blue' }),
  ]);
  const all = await eventLog.list({});
  const [first, second, third] = all.map(({ id }) => id) as [number, number, number];

  expect(first < second && second < third).toBe(true);
  expect(await ids({ limit: 2 })).toEqual([idOf(2), idOf(1)]);
  expect(await ids({ after: first, limit: 1 })).toEqual([idOf(2)]);
  expect(await ids({ after: third })).toEqual([]);
  expect(await ids({ type: 'deleted' })).toEqual([idOf(1)]);
  expect(await ids({ mapping_id: idOf(1).slice(0, 8) })).toEqual([idOf(1), idOf(1)]);
  expect(await ids({ project_id: 'blue' })).toEqual([idOf(1), idOf(1)]);
  expect(await ids({ project_id: 'red' })).toEqual([]);
});

test('a file a day; the oldest goes with the first event of a day', async () => {
  for (const day of ['2030-01-10', '2030-01-11', '2030-01-12', '2030-01-13']) {
    clock.set(new Date(`${day}T00:00:01Z`));
    await eventLog.append([event(Number(day.slice(-2)))]);
  }

  expect(files()).toEqual(['2030-01-11.jsonl', '2030-01-12.jsonl', '2030-01-13.jsonl']);
  expect(await ids()).toEqual([idOf(11), idOf(12), idOf(13)]);
  expect(await ids({ after: Date.parse('2030-01-12T00:00:00Z') * 1000 })).toEqual([idOf(12), idOf(13)]);
});

test('ids grow also when the clock goes back', async () => {
  await eventLog.append([event(1)]);
  clock.set(new Date('2030-01-10T11:00:00Z'));
  await eventLog.append([event(2)]);

  expect(await ids()).toEqual([idOf(1), idOf(2)]);
});

test('a torn line is passed over, and the next one is whole', async () => {
  await eventLog.append([event(1)]);
  await eventLog.close();
  appendFileSync(join(state_dir, 'events', '2030-01-10.jsonl'), '{"id":17,"at":"2030');
  eventLog = open();
  clock.set(new Date('2030-01-10T12:00:01Z'));
  await eventLog.append([event(2)]);

  expect(await ids()).toEqual([idOf(1), idOf(2)]);
  expect(log.lines.map(({ message }) => message)).toEqual(['event log cut off', 'event damaged']);
});

test('an event that has lost its checksum is passed over, and said once', async () => {
  await eventLog.append([event(1), event(2), event(3)]);
  const [path = ''] = files().map((file) => join(state_dir, 'events', file));
  const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, [first.replace(/,"crc32":"[0-9a-f]{8}"/, ''), ...rest].join('\n'));

  expect(await ids()).toEqual([idOf(2), idOf(3)]);
  expect(await ids()).toEqual([idOf(2), idOf(3)]);
  expect(log.lines).toMatchObject([{ message: 'event damaged', details: { path, reason: 'it has no checksum' } }]);
});

test('an event that cannot be written is logged, and fails no change', async () => {
  writeFileSync(join(state_dir, 'events'), 'a file where the directory should be');

  await eventLog.append([event(1)]);

  expect(log.lines).toMatchObject([{ level: 'warn', message: 'event log append failed' }]);
  rmSync(join(state_dir, 'events'));
  mkdirSync(join(state_dir, 'events'));
  await eventLog.append([event(2)]);
  expect(await ids()).toEqual([idOf(2)]);
});

test('an older change of the status is read with the code of the status before', async () => {
  await eventLog.append([event(1)]);
  const [path = ''] = files().map((file) => join(state_dir, 'events', file));
  const { reason_code: _, crc32: __, ...current } = JSON.parse(readFileSync(path, 'utf8'));
  const { open_security_group: ___, ...mapping } = current.mapping;
  const before = { status: 'DOWN', status_reason: 'the router is not on this node' };
  writeFileSync(path, `${JSON.stringify({ ...current, type: 'active', before, mapping })}\n`);

  expect(await eventLog.list({})).toMatchObject([
    { reason_code: null, before: { ...before, status_code: 'ROUTER_ABSENT' } },
  ]);
});

test('events of older versions are read with the names of today', async () => {
  await eventLog.append([event(1)]);
  const [path = ''] = files().map((file) => join(state_dir, 'events', file));
  const { suspension: _, status_code: __, open_security_group: _____, ...mapping } = MAPPING;
  const hold = { reason: 'server web is SHUTOFF', withdrawn: false };
  const { reason_code: ___, crc32: ____, ...current } = JSON.parse(readFileSync(path, 'utf8'));
  const old = {
    ...current,
    type: 'held',
    before: { hold: null },
    mapping: { ...mapping, hold },
  };
  writeFileSync(path, `${JSON.stringify(old)}\n`);

  const reason = { code: 'SUSPENDED', facts: { reason: 'server web is SHUTOFF' } };
  expect(await eventLog.list({ type: 'suspended' })).toMatchObject([
    {
      reason_code: null,
      before: { suspension: null },
      mapping: { status_code: null, suspension: { reason, rules_removed: false } },
    },
  ]);
});
