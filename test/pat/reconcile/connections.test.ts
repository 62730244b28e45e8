/** Which connections a reconcile ends. Three clients are connected: two to SSH, one to WEB. */
import { beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { RouterRecord } from '../../../src/pat/mapping/record.ts';
import { CALLER, ROUTER, recordWith } from '../../support/samples.ts';
import { endpointOf, SSH, TestBed, TWO, WEB } from './support.ts';

let bed: TestBed;

const endedBy = async (record: RouterRecord, ids: readonly string[]): Promise<string[]> => {
  const before = bed.router.flows;
  await bed.reconcile(record, ids);
  return before.filter((flow) => !bed.router.flows.includes(flow)).map(({ sourceIp }) => sourceIp);
};
beforeEach(async () => {
  bed = new TestBed();
  await bed.reconcile(TWO);
  bed.router.connect(CALLER, SSH);
  bed.router.connect('192.0.2.7', SSH);
  bed.router.connect('192.0.2.8', WEB);
});

test('connections of a removed mapping end, those of other mappings do not', async () => {
  expect(await endedBy(recordWith([WEB]), [SSH.id])).toEqual([CALLER, '192.0.2.7']);
});

test('connections that a restricted mapping still allows stay', async () => {
  const narrowed = { ...SSH, allowed_cidrs: ['198.51.100.0/24'] };

  expect(await endedBy(recordWith([narrowed, WEB]), [SSH.id])).toEqual(['192.0.2.7']);
});

test('connections are not read when nothing changes', async () => {
  expect(await endedBy(TWO, [SSH.id])).toEqual([]);
  expect(bed.dataplane.count('flows')).toBe(1);
});

test('connections that a crash left pending end with the next reconcile, whichever mappings it names', async () => {
  const record = { ...recordWith([WEB]), pending: [endpointOf(SSH)] };
  bed.router.entries = bed.router.entries.filter(({ mapping_id }) => mapping_id !== SSH.id);
  bed.agent.forget(ROUTER);

  expect(await endedBy(record, [WEB.id])).toEqual([CALLER, '192.0.2.7']);
});

test('connections to a pending endpoint that is as desired stay', async () => {
  const record = { ...TWO, pending: [endpointOf(SSH), endpointOf(WEB)] };

  expect(await endedBy(record, [WEB.id])).toEqual([]);
  expect((await bed.reconcile(record, [WEB.id])).delta).toEqual({ pending: [] });
});

test('unreadable connections are an error, and the next reconcile reads the kernel again', async () => {
  bed.dataplane.failNext('flows', praasError('TOOL_FAILED', { command: 'conntrack', exit_code: 1, output: 'no' }));
  await expect(bed.reconcile(recordWith([WEB]), [SSH.id])).rejects.toMatchObject({ code: 'TOOL_FAILED' });

  const record = { ...recordWith([WEB]), pending: [endpointOf(SSH)] };
  expect(await endedBy(record, [])).toEqual([CALLER, '192.0.2.7']);
  expect(bed.dataplane.count('observe')).toBe(2);
});
