/** The events that changes append to the event log. */

import { beforeEach, expect, test } from '@jest/globals';
import { reason, reasonText } from '../../../src/pat/mapping/reasons.ts';
import { type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';
import { idOf, NOW, REQUEST, ROUTER } from '../../support/samples.ts';

const DEMO = { requester: tenant('admin', 'blue', 'demo') };
const DELETED = reason('SERVER_DELETED', { server: idOf(5) });
const SHUTOFF = reason('SERVER_STOPPED', { server: 'web', status: 'SHUTOFF' });
const OWN = { ...REQUEST, project_id: 'blue' };

let node: FakeNode;
beforeEach(() => {
  node = fakeNode();
});
const appended = () =>
  node.events.events.map(({ type, by, reason: why, reason_code, before }) => ({
    type,
    by: by.kind,
    reason: why,
    reason_code,
    before,
  }));

test('create, update with the previous values, and delete', async () => {
  await node.pat.create(OWN, DEMO);
  await node.pat.update(idOf(1), { router_port: 4003, name: 'ssh' }, DEMO);
  await node.pat.delete([idOf(1)], DEMO);

  expect(appended()).toEqual([
    { type: 'created', by: 'tenant', reason: '', reason_code: null, before: {} },
    { type: 'updated', by: 'tenant', reason: '', reason_code: null, before: { router_port: 4000, name: '' } },
    { type: 'deleted', by: 'tenant', reason: '', reason_code: null, before: {} },
  ]);
  expect(node.events.events.map(({ mapping }) => [mapping.router_port, mapping.status])).toEqual([
    [4000, 'ACTIVE'],
    [4003, 'ACTIVE'],
    [4003, 'ACTIVE'],
  ]);
});

test('a refused change, a dry run and an update without a difference append nothing', async () => {
  await node.pat.create(REQUEST);
  await node.pat.create({ ...REQUEST, router_port: 4000 }).catch(() => undefined);
  await node.pat.create(REQUEST, { dryRun: true });
  await node.pat.update(idOf(1), { name: '' });

  expect(appended()).toHaveLength(1);
});

test('several changes at once append one event each', async () => {
  await Promise.all([node.pat.create(REQUEST), node.pat.create({ ...REQUEST, server_port: 80 })]);

  expect(node.events.events.map(({ mapping_id }) => mapping_id).toSorted()).toEqual([idOf(1), idOf(2)]);
});

test('an expiry appends an event by expiry', async () => {
  await node.pat.create({ ...REQUEST, expires_at: '2030-01-01T01:00:00Z' });
  node.clock.set(new Date(Date.parse(NOW) + 7_200_000));
  await node.pat.sync(ROUTER);

  expect(appended().at(-1)).toMatchObject({
    type: 'down',
    by: 'expiry',
    reason_code: 'EXPIRED',
    before: { status: 'ACTIVE', status_code: null, status_reason: '' },
  });
  expect(node.events.events.at(-1)?.mapping.status_code).toBe('EXPIRED');
});

test('corrections append events by the monitor, with the reason', async () => {
  await node.pat.create(REQUEST);
  const seen = { server_ip: REQUEST.server_ip, server_id: null, port_id: null };
  const common = { mapping_id: idOf(1), router_id: ROUTER, seen };
  await node.corrections.apply([{ action: 'suspend', ...common, reason: SHUTOFF, rules_removed: false }]);
  await node.corrections.apply([{ action: 'resume', ...common }]);
  await node.corrections.apply([{ action: 'delete', ...common, reason: DELETED }]);

  expect(appended().slice(1)).toMatchObject([
    { type: 'suspended', by: 'monitor', reason: reasonText(SHUTOFF), reason_code: 'SERVER_STOPPED' },
    { type: 'resumed', by: 'monitor', reason: '', reason_code: null },
    { type: 'deleted', by: 'monitor', reason: reasonText(DELETED), reason_code: 'SERVER_DELETED' },
  ]);
});
