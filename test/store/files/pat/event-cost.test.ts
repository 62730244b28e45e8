/** The first event of a process costs what it holds, not what the day holds. Said of the bytes that are read, not of how long it takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { NewEvent } from '../../../../src/pat/mapping/event.ts';
import { EventLog } from '../../../../src/store/files/pat/event-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ListLog } from '../../../support/fake-node.ts';
import { MAPPING, ROUTER } from '../../../support/samples.ts';

const MIB = 1024 * 1024;
const MANY = 10_000;
/** What is read of the newest file to continue its IDs, and a piece of the rest. */
const FEW_BYTES = MIB / 2;

let stateDir: string;
let spy: jest.SpiedFunction<FileHandle['read']>;
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'praas-event-cost-'));
  const handle = await open(stateDir);
  spy = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'read');
  await handle.close();
  const log = eventLog();
  await log.append(Array.from({ length: MANY }, () => eventOf('other', 'tenant')));
  await log.close();
});
afterEach(() => {
  spy.mockRestore();
  rmSync(stateDir, { recursive: true });
});

function eventLog(maxBytesPerProject = 64 * MIB): EventLog {
  const limits = () => ({ maxBytes: 64 * MIB, maxBytesPerProject });
  return new EventLog({
    stateDir,
    clock: new FakeClock('2030-01-10T01:00:00Z'),
    log: new ListLog(),
    retainDays: () => 2,
    limits,
  });
}

function eventOf(project_id: string, kind: 'operator' | 'tenant'): NewEvent {
  const mapping = { ...MAPPING, project_id };
  const subject = { mapping_id: mapping.id, router_id: ROUTER, project_id, by: { kind, name: 'alice' } };
  return { type: 'updated', ...subject, reason: '', reason_code: null, before: {}, mapping };
}

/** Gives how many bytes are read for one event of a process that has just started. */
async function bytesOfFirst(kind: 'operator' | 'tenant', maxBytesPerProject?: number): Promise<number> {
  const log = eventLog(maxBytesPerProject);
  spy.mockClear();
  await log.append([eventOf('demo', kind)]);
  const results = await Promise.all(
    spy.mock.results.map(({ value }) => value as Promise<{ readonly bytesRead: number }>),
  );
  await log.close();
  expect(await log.list({ project_id: 'demo' })).not.toEqual([]);
  return results.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
}

test('of an operator, and of a tenant whose share is larger than the day: nothing is counted', async () => {
  const bytes = await bytesOfFirst('operator', 0.5 * MIB);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(FEW_BYTES);
  expect(await bytesOfFirst('tenant', 64 * MIB)).toBeLessThan(1.1 * bytes);
});

test('of a tenant whose share is smaller than the day: a piece of the day is counted, and then the next', async () => {
  expect(await bytesOfFirst('tenant', 0.5 * MIB)).toBeLessThan(FEW_BYTES);

  const log = eventLog(0.5 * MIB);
  spy.mockClear();
  for (let n = 0; n < 200; n++) await log.append([eventOf('other', 'tenant')]);
  await log.close();
  const stored = await log.list({ project_id: 'other', limit: 2 * MANY });
  expect(stored.at(-1)?.type).toBe('omitted');
});
