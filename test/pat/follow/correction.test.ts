/** What the monitor found becomes a change only where it is still about the same mapping. */

import { expect, test } from '@jest/globals';
import { Correction, decideCorrections } from '../../../src/pat/follow/correction.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

const GONE = reason('SERVER_DELETED', { server: idOf(5) });
const SHUTOFF = reason('SERVER_STOPPED', { server: 'web', status: 'SHUTOFF' });
const now = new Date('2030-01-02T00:00:00Z');
const seen = { server_ip: MAPPING.server_ip, server_id: null, port_id: null };
const common = { mapping_id: MAPPING.id, router_id: ROUTER, seen };
const decide = (correction: Correction, mapping = MAPPING) =>
  decideCorrections({ record: recordWith([mapping]), now }, [correction]);
const endpoint = { protocol: 'tcp', gateway_ip: MAPPING.gateway_ip, router_port: MAPPING.router_port };

test('delete: the mapping goes, and its connections are to end', () => {
  const { delta, applied } = decide({ action: 'delete', ...common, reason: GONE });

  expect(delta).toEqual({ remove: [MAPPING.id], pending: [endpoint] });
  expect(applied).toEqual([{ correction: expect.anything(), mapping: MAPPING }]);
});

test('follow: another server behind the same router port, and what was held is forgotten', () => {
  const to = { server_ip: '10.20.0.77', server_id: idOf(5), port_id: idOf(6) };
  const held = { ...MAPPING, suspension: { reason: SHUTOFF, withdrawn: true } };
  const { delta } = decide(
    { action: 'follow', ...common, reason: reason('ADDRESS_CHANGED', { port: idOf(6) }), to },
    held,
  );

  expect(delta.put).toMatchObject([{ ...to, router_port: 4000, suspension: null, updated_at: '2030-01-02T00:00:00Z' }]);
});

test('suspend and resume: said once, and nobody has changed the mapping', () => {
  const suspend = { action: 'suspend', ...common, reason: SHUTOFF, withdrawn: false } as const;
  const [held = MAPPING] = decide(suspend).delta.put ?? [];

  expect(held).toMatchObject({ suspension: { reason: SHUTOFF, withdrawn: false }, updated_at: NOW });
  expect(decide(suspend, held)).toEqual({ delta: {}, applied: [] });
  expect(decide({ action: 'resume', ...common }, held).delta.put).toMatchObject([{ suspension: null }]);
  expect(decide({ action: 'resume', ...common })).toEqual({ delta: {}, applied: [] });
});

test.each([{ server_ip: '10.20.0.52' }, { port_id: idOf(9) }, { server_id: idOf(9) }, { id: idOf(9) }])(
  'a correction is void once the mapping has %j',
  (changed) => {
    const correction = { action: 'delete', ...common, reason: GONE } as const;

    expect(decide(correction, { ...MAPPING, ...changed })).toEqual({ delta: {}, applied: [] });
  },
);

test('what crosses a wire is checked', () => {
  expect(Correction.safeParse({ action: 'delete', ...common, reason: GONE }).success).toBe(true);
  for (const bad of [
    { action: 'delete', ...common },
    { action: 'delete', ...common, reason: '' },
    { action: 'delete', ...common, reason: { code: 'SERVER_DELETED', facts: {} } },
    { action: 'delete', ...common, reason: { code: 'SERVER_DELETED', facts: { server: ['web'] } } },
    { action: 'delete', ...common, reason: { code: 'NO_SUCH_CODE', facts: {} } },
    { action: 'purge', ...common, reason: GONE },
    { action: 'follow', ...common, reason: GONE, to: { server_ip: 'halt', server_id: null, port_id: null } },
    { action: 'resume', ...common, router_id: '../x' },
  ])
    expect(Correction.safeParse(bad).success).toBe(false);
});
