/** What the monitor found becomes a change only where it is still about the same mapping. */
import { expect, test } from '@jest/globals';
import { decideVerdicts, Verdict } from '../../../src/pat/follow/correction.ts';
import { idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

const now = new Date('2030-01-02T00:00:00Z');
const seen = { server_ip: MAPPING.server_ip, server_id: null, port_id: null };
const common = { mapping_id: MAPPING.id, router_id: ROUTER, seen };
const decide = (verdict: Verdict, mapping = MAPPING) =>
  decideVerdicts({ record: recordWith([mapping]), now }, [verdict]);
const endpoint = { protocol: 'tcp', gateway_ip: MAPPING.gateway_ip, router_port: MAPPING.router_port };

test('remove: the mapping goes, and its connections are to end', () => {
  const { delta, applied } = decide({ action: 'remove', ...common, reason: 'server gone' });

  expect(delta).toEqual({ remove: [MAPPING.id], unsettled: [endpoint] });
  expect(applied).toEqual([{ verdict: expect.anything(), mapping: MAPPING }]);
});

test('lead: another server behind the same router port, and what was held is forgotten', () => {
  const to = { server_ip: '10.20.0.77', server_id: idOf(5), port_id: idOf(6) };
  const held = { ...MAPPING, hold: { reason: 'why', withdrawn: true } };
  const { delta } = decide({ action: 'lead', ...common, reason: 'moved', to }, held);

  expect(delta.put).toMatchObject([{ ...to, router_port: 4000, hold: null, updated_at: '2030-01-02T00:00:00Z' }]);
});

test('hold and release: said once, and nobody has changed the mapping', () => {
  const hold = { action: 'hold', ...common, reason: 'server web is SHUTOFF', withdrawn: false } as const;
  const [held = MAPPING] = decide(hold).delta.put ?? [];

  expect(held).toMatchObject({ hold: { reason: 'server web is SHUTOFF', withdrawn: false }, updated_at: NOW });
  expect(decide(hold, held)).toEqual({ delta: {}, applied: [] });
  expect(decide({ action: 'release', ...common }, held).delta.put).toMatchObject([{ hold: null }]);
  expect(decide({ action: 'release', ...common })).toEqual({ delta: {}, applied: [] });
});

test.each([{ server_ip: '10.20.0.52' }, { port_id: idOf(9) }, { server_id: idOf(9) }, { id: idOf(9) }])(
  'a verdict is void once the mapping has %j',
  (changed) => {
    const verdict = { action: 'remove', ...common, reason: 'gone' } as const;

    expect(decide(verdict, { ...MAPPING, ...changed })).toEqual({ delta: {}, applied: [] });
  },
);

test('what crosses a wire is checked', () => {
  expect(Verdict.safeParse({ action: 'remove', ...common, reason: 'gone' }).success).toBe(true);
  for (const bad of [
    { action: 'remove', ...common },
    { action: 'remove', ...common, reason: '' },
    { action: 'purge', ...common, reason: 'x' },
    { action: 'lead', ...common, reason: 'x', to: { server_ip: 'halt', server_id: null, port_id: null } },
    { action: 'release', ...common, router_id: '../x' },
  ])
    expect(Verdict.safeParse(bad).success).toBe(false);
});
