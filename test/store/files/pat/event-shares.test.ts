/** The share of the event log that one project has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NewEvent } from '../../../../src/pat/mapping/event.ts';
import { EventLog } from '../../../../src/store/files/pat/event-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ListLog } from '../../../support/fake-node.ts';
import { idOf, MAPPING, ROUTER } from '../../../support/samples.ts';

const MAX_BYTES = 256 * 1024;
const SHARE = MAX_BYTES / 2;
/** For created and deleted mappings, and for the others. */
const HALF = SHARE / 2;
const MANY = 2000;

let stateDir: string;
let clock: FakeClock;
let log: ListLog;
let eventLog: EventLog;

const open = (): EventLog => {
  const limits = () => ({ maxBytes: MAX_BYTES, maxBytesPerProject: SHARE });
  return new EventLog({ stateDir, clock, log, retainDays: () => 2, limits });
};

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'praas-shares-'));
  clock = new FakeClock('2030-01-10T01:00:00Z');
  log = new ListLog();
  eventLog = open();
});
afterEach(async () => {
  await eventLog.close();
  rmSync(stateDir, { recursive: true });
});

function event(n: number, project_id: string | null, fields: Partial<NewEvent> = {}): NewEvent {
  const mapping = { ...MAPPING, id: idOf(n), project_id };
  const by = { kind: 'tenant' as const, name: 'a "tenant"' };
  const subject = { mapping_id: mapping.id, router_id: ROUTER, project_id, by };
  return { type: 'updated', ...subject, reason: '', reason_code: null, before: {}, mapping, ...fields };
}

async function append(count: number, project_id: string | null, fields: Partial<NewEvent> = {}): Promise<void> {
  for (let n = 1; n <= count; n++) {
    clock.advance(1);
    await eventLog.append([event(n, project_id, fields)]);
  }
}

const of = (project_id: string) => eventLog.list({ project_id, limit: 2 * MANY });
const types = async (project_id: string): Promise<string[]> => [
  ...new Set((await of(project_id)).map(({ type }) => type)),
];
const restart = async (): Promise<void> => {
  await eventLog.close();
  eventLog = open();
};

test('a project that writes all day leaves the events of the others there, and one event of its own says what is missing', async () => {
  await append(20, 'quiet');
  await append(20, null, { by: { kind: 'operator', name: 'root' } });

  await append(MANY, 'noisy');
  await append(20, 'quiet');

  expect(await of('quiet')).toHaveLength(40);
  expect(await eventLog.list({ limit: 40 + MANY })).toHaveLength(60 + (await of('noisy')).length);
  expect(await types('noisy')).toEqual(['updated', 'omitted']);
  const noisy = await of('noisy');
  expect(noisy.filter(({ type }) => type === 'omitted')).toMatchObject([
    { reason_code: 'EVENTS_OMITTED', mapping_id: noisy.at(-1)?.mapping_id },
  ]);
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      message: 'event log share used up',
      details: { project: 'noisy', events: 'other', max_bytes: SHARE },
    },
  ]);
  expect(eventLog.degradedReason).toContain('max_project_events_percent');
});

test('a restart, again and again, gives a project no second share', async () => {
  await append(20, 'quiet');
  for (let round = 0; round < 5; round++) {
    await append(MANY / 4, 'noisy');
    await restart();
  }

  const noisy = await of('noisy');
  expect(noisy.filter(({ type }) => type === 'omitted')).toHaveLength(1);
  expect(noisy.reduce((sum, each) => sum + JSON.stringify(each).length, 0)).toBeLessThan(1.1 * HALF);
  expect(await of('quiet')).toHaveLength(20);
  await append(1, 'quiet');
  expect(eventLog.degradedReason).toContain('1 project');
});

test('two processes at the same time, which may write to two files, give a project two shares at most', async () => {
  const other = open();
  for (let n = 0; n < MANY; n++) {
    clock.advance(1);
    await (n % 2 === 0 ? other : eventLog).append([event(1, 'noisy')]);
  }
  await other.close();

  const noisy = await of('noisy');
  expect([1, 2]).toContain(noisy.filter(({ type }) => type === 'omitted').length);
  expect(noisy.reduce((sum, each) => sum + JSON.stringify(each).length, 0)).toBeLessThan(2 * HALF);
});

test('what an operator does to the mappings of a project is stored, and so is what the node does until the share is used up', async () => {
  await append(MANY, 'noisy', { by: { kind: 'agent', name: 'agent' }, type: 'down' });
  await append(3, 'noisy', { by: { kind: 'operator', name: 'root' }, type: 'deleted' });

  expect((await of('noisy')).slice(-4).map(({ type }) => type)).toEqual(['omitted', 'deleted', 'deleted', 'deleted']);
});

test('what creates and deletes mappings is stored after any number of updates, and the other way round, also after a restart', async () => {
  await append(MANY, 'noisy');
  await restart();
  await append(3, 'noisy', { type: 'created' });
  await append(3, 'noisy', { type: 'deleted' });
  await append(3, 'noisy', { type: 'down', by: { kind: 'agent', name: 'agent' } });
  expect((await of('noisy')).slice(-7).map(({ type }) => type)).toEqual([
    'omitted',
    ...Array.from({ length: 3 }, () => 'created'),
    ...Array.from({ length: 3 }, () => 'deleted'),
  ]);

  await append(MANY, 'busy', { type: 'created' });
  await restart();
  await append(3, 'busy', { type: 'deleted' });
  await append(3, 'busy', { type: 'updated' });
  const busy = (await of('busy')).slice(-4).map(({ type, reason_code }) => [type, reason_code]);
  expect(busy).toEqual([
    ['omitted', 'LIFECYCLE_EVENTS_OMITTED'],
    ...Array.from({ length: 3 }, () => ['updated', null]),
  ]);
});

test('at midnight nothing is said to be left out any more, without an event', async () => {
  await append(MANY, 'noisy');
  expect(eventLog.degradedReason).toBeDefined();
  clock.advance(24 * 3600);
  expect(eventLog.degradedReason).toBeUndefined();
  clock.advance(-24 * 3600);
  expect(eventLog.degradedReason).toBeDefined();
});

test('the next day has a share again', async () => {
  await append(MANY, 'noisy');
  clock.advance(24 * 3600);
  await append(2, 'noisy');

  expect((await of('noisy')).slice(-3).map(({ type }) => type)).toEqual(['omitted', 'updated', 'updated']);
  expect(eventLog.degradedReason).toBeUndefined();
});
