/** A correction becomes a delta only while it is about the current target of the mapping. */

import { expect, test } from '@jest/globals';
import { Correction, decideCorrections } from '../../../src/pat/follow/correction.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

const DELETED = reason('SERVER_DELETED', { server: idOf(5) });
const SHUTOFF = reason('SERVER_STOPPED', { server: 'web', status: 'SHUTOFF' });
const now = new Date('2030-01-02T00:00:00Z');
const seen = { server_ip: MAPPING.server_ip, server_id: null, port_id: null };
const common = { mapping_id: MAPPING.id, router_id: ROUTER, seen };
const decide = (correction: Correction, mapping = MAPPING) =>
  decideCorrections({ record: recordWith([mapping]), now }, [correction]);
const endpoint = { protocol: 'tcp', gateway_ip: MAPPING.gateway_ip, router_port: MAPPING.router_port };

test('delete removes the mapping and ends its connections', () => {
  const { delta, applied } = decide({ action: 'delete', ...common, reason: DELETED });

  expect(delta).toEqual({ remove: [MAPPING.id], pending: [endpoint] });
  expect(applied).toEqual([{ correction: expect.anything(), mapping: MAPPING }]);
});

test('follow changes the target, keeps the router port and ends the suspension', () => {
  const to = { server_ip: '10.20.0.77', server_id: idOf(5), port_id: idOf(6) };
  const suspended = { ...MAPPING, suspension: { reason: SHUTOFF, rules_removed: true } };
  const { delta } = decide(
    { action: 'follow', ...common, reason: reason('ADDRESS_CHANGED', { port: idOf(6) }), to },
    suspended,
  );

  expect(delta.put).toMatchObject([{ ...to, router_port: 4000, suspension: null, updated_at: '2030-01-02T00:00:00Z' }]);
});

test('suspend and resume have an effect once, and updated_at stays', () => {
  const suspend = { action: 'suspend', ...common, reason: SHUTOFF, rules_removed: false } as const;
  const [suspended = MAPPING] = decide(suspend).delta.put ?? [];

  expect(suspended).toMatchObject({ suspension: { reason: SHUTOFF, rules_removed: false }, updated_at: NOW });
  expect(decide(suspend, suspended)).toEqual({ delta: {}, applied: [] });
  expect(decide({ action: 'resume', ...common }, suspended).delta.put).toMatchObject([{ suspension: null }]);
  expect(decide({ action: 'resume', ...common })).toEqual({ delta: {}, applied: [] });
});

test.each([{ server_ip: '10.20.0.52' }, { port_id: idOf(9) }, { server_id: idOf(9) }, { id: idOf(9) }])(
  'a correction is void once the mapping has %j',
  (changed) => {
    const correction = { action: 'delete', ...common, reason: DELETED } as const;

    expect(decide(correction, { ...MAPPING, ...changed })).toEqual({ delta: {}, applied: [] });
  },
);

test('a document that is no correction is refused', () => {
  expect(Correction.safeParse({ action: 'delete', ...common, reason: DELETED }).success).toBe(true);
  for (const bad of [
    { action: 'delete', ...common },
    { action: 'delete', ...common, reason: '' },
    { action: 'delete', ...common, reason: { code: 'SERVER_DELETED', facts: {} } },
    { action: 'delete', ...common, reason: { code: 'SERVER_DELETED', facts: { server: ['web'] } } },
    { action: 'delete', ...common, reason: { code: 'NO_SUCH_CODE', facts: {} } },
    { action: 'purge', ...common, reason: DELETED },
    { action: 'follow', ...common, reason: DELETED, to: { server_ip: 'halt', server_id: null, port_id: null } },
    { action: 'resume', ...common, router_id: '../x' },
  ])
    expect(Correction.safeParse(bad).success).toBe(false);
});
