/** Which connections a settlement ends. Three callers are connected: two to SSH, one to WEB. */
import { beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { RouterRecord } from '../../../src/pat/mapping/record.ts';
import { CALLER, ROUTER, recordWith } from '../../support/samples.ts';
import { endpointOf, SSH, TestBed, TWO, WEB } from './support.ts';

let bed: TestBed;

const ends = async (record: RouterRecord, ids: readonly string[]): Promise<string[]> => {
  const before = bed.router.flows;
  await bed.settle(record, ids);
  return before.filter((flow) => !bed.router.flows.includes(flow)).map(({ source_ip }) => source_ip);
};
beforeEach(async () => {
  bed = new TestBed();
  await bed.settle(TWO);
  bed.router.connect(CALLER, SSH);
  bed.router.connect('192.0.2.7', SSH);
  bed.router.connect('192.0.2.8', WEB);
});

test('connections of a removed mapping end, those of others do not', async () => {
  expect(await ends(recordWith([WEB]), [SSH.id])).toEqual([CALLER, '192.0.2.7']);
});

test('connections that a narrowed mapping still allows go on', async () => {
  const narrowed = { ...SSH, allowed_cidrs: ['198.51.100.0/24'] };

  expect(await ends(recordWith([narrowed, WEB]), [SSH.id])).toEqual(['192.0.2.7']);
});

test('connections are not even looked for when nothing changed', async () => {
  expect(await ends(TWO, [SSH.id])).toEqual([]);
  expect(bed.dataplane.count('flows')).toBe(1);
});

test('connections that a crash left behind end with the next settlement, whoever that names', async () => {
  const record = { ...recordWith([WEB]), pending: [endpointOf(SSH)] };
  bed.router.entries = bed.router.entries.filter(({ mapping_id }) => mapping_id !== SSH.id);
  bed.agent.forget(ROUTER);

  expect(await ends(record, [WEB.id])).toEqual([CALLER, '192.0.2.7']);
});

test('connections to an pending endpoint that is as it should be go on, whoever is named', async () => {
  const record = { ...TWO, pending: [endpointOf(SSH), endpointOf(WEB)] };

  expect(await ends(record, [WEB.id])).toEqual([]);
  expect((await bed.settle(record, [WEB.id])).delta).toEqual({ pending: [] });
});

test('connections that cannot be read are an error, and the next settlement reads everything again', async () => {
  bed.dataplane.failNext('flows', praasError('TOOL_FAILED', { command: 'conntrack', exit_code: 1, output: 'no' }));
  await expect(bed.settle(recordWith([WEB]), [SSH.id])).rejects.toMatchObject({ code: 'TOOL_FAILED' });

  const record = { ...recordWith([WEB]), pending: [endpointOf(SSH)] };
  expect(await ends(record, [])).toEqual([CALLER, '192.0.2.7']);
  expect(bed.dataplane.count('observe')).toBe(2);
});
