/** A whole import on a node in memory: store first, then one change of the kernel; an interrupted import is completed. */

import { beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { CALLER, FORWARD, GATEWAY, idOf, ROUTER } from '../../support/samples.ts';
import { pythonRules, unmanagedOf } from '../../support/unmanaged-rules.ts';

const SSH = pythonRules(4022, '10.20.0.51:22');
const DNS = pythonRules(53, '10.20.0.52:53', 'udp').slice(0, 1);
const RANGE = ['-A custom-PREROUTING -p tcp -m tcp --dport 9000:9100 -j DNAT --to-destination 10.20.0.59'];
const PUBLISHED = { protocol: 'tcp', gateway_ip: GATEWAY, router_port: 4022 } as const;

let node: FakeNode;

beforeEach(() => {
  node = fakeNode();
  node.router.hasBaseChains = true;
  Object.assign(node.router, unmanagedOf(...SSH, ...DNS, ...RANGE));
});

const left = (): string[] => node.router.unmanagedRules.map(({ text }) => text);
const record = () => node.store.read(ROUTER);

test('mappings replace rules in one change of the kernel, and a second import does nothing', async () => {
  const { value } = await node.imports.importRules(ROUTER, { requester: ROOT });

  expect(value.map(({ result, mapping_ids }) => [result, ...mapping_ids])).toEqual([
    ['imported', idOf(1)],
    ['imported', idOf(2)],
    ['kept'],
  ]);
  expect(left()).toEqual(RANGE);
  expect(node.dataplane.count('apply')).toBe(1);
  expect(node.router.inPlace()).toHaveLength(2);
  const { mappings, adopting, pending } = await record();
  expect([...mappings.values()]).toMatchObject([
    { protocol: 'udp', router_port: 53, masquerade: 'never', status: 'ACTIVE' },
    { ...PUBLISHED, server_ip: '10.20.0.51', masquerade: 'always', status: 'ACTIVE' },
  ]);
  expect({ adopting, pending }).toEqual({ adopting: [], pending: [] });

  const events = node.events.events.length;
  expect((await node.imports.importRules(ROUTER, { requester: ROOT })).value).toMatchObject([
    { rule: RANGE[0], result: 'kept' },
  ]);
  expect(node.dataplane.count('apply')).toBe(1);
  expect(node.events.events).toHaveLength(events);
});

test('events say that the mappings were imported', async () => {
  await node.imports.importRules(ROUTER, { requester: ROOT });
  const reason = 'imported from a rule of custom-PREROUTING';
  expect(node.events.events).toMatchObject([
    { type: 'created', mapping_id: idOf(1), reason, project_id: null, by: { kind: 'operator', name: 'root' } },
    { type: 'created', mapping_id: idOf(2), reason },
  ]);
});

test('connections continue', async () => {
  const through = { ...FORWARD, ...PUBLISHED };
  node.router.inject(through);
  const flow = node.router.connect(CALLER, PUBLISHED);
  node.router.entries = [];
  await node.imports.importRules(ROUTER, { requester: ROOT });
  expect(node.router.flows).toEqual([flow]);
});

test('a dry run shows the result, and changes nothing', async () => {
  const { value, script } = await node.imports.importRules(ROUTER, { requester: ROOT, dryRun: true });
  expect(value.map(({ result }) => result)).toEqual(['imported', 'imported', 'kept']);
  for (const rule of [...SSH, ...DNS]) expect(script).toContain(`- ${rule}`);
  expect(script).not.toContain('9000');
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect((await record()).mappings.size).toBe(0);
  expect(node.dataplane.count('apply')).toBe(0);
});

test('a refused import is not stored, and the rules stay', async () => {
  node.dataplane.refuseNext(ROUTER);
  expect((await errorOf(node.imports.importRules(ROUTER, { requester: ROOT }))).code).toBe('KERNEL_REFUSED');
  const { mappings, adopting } = await record();
  expect([mappings.size, adopting]).toEqual([0, []]);
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect(node.events.events).toEqual([]);
});

test('without the tool that reads connections nothing changes, because the change could not be undone', async () => {
  node.dataplane.failNext('flows', praasError('TOOL_MISSING', { tool: 'conntrack', package: 'conntrack' }));
  expect((await errorOf(node.imports.importRules(ROUTER, { requester: ROOT }))).code).toBe('TOOL_MISSING');
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect((await record()).mappings.size).toBe(0);
});

test.each(['apply', 'endFlows'] as const)(
  'a failure of %s, when rules may be removed already, closes no port, and the next import completes it',
  async (call) => {
    // A connection that the rules did not translate, which has to end.
    node.router.connect(CALLER, PUBLISHED);
    node.dataplane.failNext(call, praasError('TOOL_TIMEOUT', { command: call, seconds: 10 }));
    const error = await errorOf(node.imports.importRules(ROUTER, { requester: ROOT }));
    expect(error).toMatchObject({
      code: 'IMPORT_UNFINISHED',
      facts: { router: ROUTER, reason: expect.stringContaining('10 seconds') },
    });
    const { mappings, adopting } = await record();
    expect([mappings.size, adopting.length]).toEqual([2, 3]);
    const places = [...node.router.inPlace(), ...left().filter((rule) => rule.includes('PREROUTING'))];
    expect(places).toHaveLength(3);

    await node.imports.importRules(ROUTER, { requester: ROOT });
    expect(left()).toEqual(RANGE);
    expect(node.router.inPlace()).toHaveLength(2);
    const finished = await record();
    expect([...finished.mappings.values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
    expect(finished).toMatchObject({ adopting: [], pending: [] });
    expect(node.router.flows).toEqual([]);
  },
);

test('a full disk after the change of the kernel closes no port, and the next import completes it', async () => {
  const { store } = node;
  const full = praasError('STORE_FULL', { path: '/srv/state' });
  let isFull = true;
  const failing: MappingStore = {
    routers: () => store.routers(),
    read: (id) => store.read(id),
    transaction: (id, work) =>
      store.transaction(id, (transaction) =>
        work({
          get record() {
            return transaction.record;
          },
          commit: (delta) => transaction.commit(delta),
          stage: (delta) => (isFull && delta.adopting?.length === 0 ? Promise.reject(full) : transaction.stage(delta)),
          rollback: () => transaction.rollback(),
        }),
      ),
  };
  const { router } = node;
  node = fakeNode({ store: failing, router });
  const error = await errorOf(node.imports.importRules(ROUTER, { requester: ROOT }));
  expect(error.code).toBe('IMPORT_UNFINISHED');
  expect(error.facts['reason']).not.toContain('nothing was changed');
  expect(left()).toEqual(RANGE);
  expect(node.router.inPlace()).toHaveLength(2);

  isFull = false;
  expect((await node.imports.importRules(ROUTER, { requester: ROOT })).value).toMatchObject([{ result: 'kept' }]);
  expect(node.router.inPlace()).toHaveLength(2);
  const { mappings, adopting } = await record();
  expect([mappings.size, adopting]).toEqual([2, []]);
});

test('an import that was interrupted after it was stored is completed by the next sync or import', async () => {
  for (const finish of ['sync', 'import'] as const) {
    node = fakeNode();
    node.router.hasBaseChains = true;
    const rules = [...SSH, ...pythonRules(4022, '10.20.0.52:22').slice(0, 1)];
    Object.assign(node.router, unmanagedOf(...rules));
    const whole = fakeNode({ store: node.store });
    Object.assign(whole.router, unmanagedOf(...rules), { hasBaseChains: true });
    await whole.imports.importRules(ROUTER, { requester: ROOT });
    await node.store.transaction(ROUTER, (transaction) =>
      transaction.commit({ adopting: rules, pending: [PUBLISHED] }),
    );

    if (finish === 'sync') await node.pat.sync(ROUTER);
    else {
      const { value } = await node.imports.importRules(ROUTER, { requester: ROOT });
      expect(value.map(({ result }) => result)).toEqual(['existing', 'deleted']);
    }
    expect(left()).toEqual([]);
    expect(node.router.inPlace()).toEqual(whole.router.inPlace());
    expect((await record()).adopting).toEqual([]);
    expect((await record()).mappings.size).toBe(1);
  }
});

test('an imported port is free again when its mapping is deleted', async () => {
  await node.imports.importRules(ROUTER, { requester: ROOT });
  await node.pat.delete([idOf(1)]);
  const { value } = await node.pat.create({
    router_id: ROUTER,
    router_port: 4022,
    server_ip: '10.20.0.52',
    server_port: 22,
  });
  expect(value.status).toBe('ACTIVE');
});

test('rules that are added while a daemon has a view of the router are imported too', async () => {
  await node.imports.importRules(ROUTER, { requester: ROOT });
  const more = pythonRules(4023, '10.20.0.51:80');
  Object.assign(node.router, unmanagedOf(...more));
  const { value } = await node.imports.importRules(ROUTER, { requester: ROOT });
  expect(value).toMatchObject([{ rule: more[0], result: 'imported' }]);
  expect(left()).toEqual([]);
});

test('a router that is not on this node is not found', async () => {
  expect((await errorOf(node.imports.importRules('nowhere', { requester: ROOT }))).code).toBe('ROUTER_NOT_FOUND');
});
