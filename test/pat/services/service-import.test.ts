/** A whole import on a node in memory: store first, one change of the kernel, and what is cut short is finished. */
import { beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { CALLER, FORWARD, GATEWAY, idOf, ROUTER } from '../../support/samples.ts';
import { foreignOf, pythonRules } from '../../support/unmanaged-rules.ts';

const SSH = pythonRules(4022, '10.20.0.51:22');
const DNS = pythonRules(53, '10.20.0.52:53', 'udp').slice(0, 1);
const RANGE = ['-A custom-PREROUTING -p tcp -m tcp --dport 9000:9100 -j DNAT --to-destination 10.20.0.59'];
const PUBLISHED = { protocol: 'tcp', gateway_ip: GATEWAY, router_port: 4022 } as const;

let node: FakeNode;

beforeEach(() => {
  node = fakeNode();
  node.router.hasFrame = true;
  Object.assign(node.router, foreignOf(...SSH, ...DNS, ...RANGE));
});

const left = (): string[] => node.router.unmanagedRules.map(({ text }) => text);
const record = () => node.store.read(ROUTER);

test('mappings take the place of rules in one change of the kernel, and the second time nothing is done', async () => {
  const { value } = await node.imports.takeOver(ROUTER);

  expect(value.map(({ result, mapping_ids }) => [result, ...mapping_ids])).toEqual([
    ['imported', idOf(1)],
    ['imported', idOf(2)],
    ['left'],
  ]);
  expect(left()).toEqual(RANGE);
  expect(node.dataplane.count('apply')).toBe(1);
  expect(node.router.inPlace()).toHaveLength(2);
  const { mappings, adopting, pending } = await record();
  expect([...mappings.values()]).toMatchObject([
    { ...PUBLISHED, server_ip: '10.20.0.51', masquerade: 'always', status: 'ACTIVE' },
    { protocol: 'udp', router_port: 53, masquerade: 'never', status: 'ACTIVE' },
  ]);
  expect({ adopting, pending }).toEqual({ adopting: [], pending: [] });

  const events = node.events.events.length;
  expect((await node.imports.takeOver(ROUTER)).value).toMatchObject([{ rule: RANGE[0], result: 'left' }]);
  expect(node.dataplane.count('apply')).toBe(1);
  expect(node.events.events).toHaveLength(events);
});

test('events say where the mappings come from', async () => {
  await node.imports.takeOver(ROUTER);
  const reason = 'imported from a rule of custom-PREROUTING';
  expect(node.events.events).toMatchObject([
    { type: 'created', mapping_id: idOf(1), reason, project_id: null, by: { kind: 'operator', name: 'root' } },
    { type: 'created', mapping_id: idOf(2), reason },
  ]);
});

test('connections go on', async () => {
  const through = { ...FORWARD, ...PUBLISHED };
  node.router.inject(through);
  const flow = node.router.connect(CALLER, PUBLISHED);
  node.router.entries = [];
  await node.imports.takeOver(ROUTER);
  expect(node.router.flows).toEqual([flow]);
});

test('a dry run shows what would be done, and does nothing', async () => {
  const { value, script } = await node.imports.takeOver(ROUTER, { dry_run: true });
  expect(value.map(({ result }) => result)).toEqual(['imported', 'imported', 'left']);
  for (const rule of [...SSH, ...DNS]) expect(script).toContain(`- ${rule}`);
  expect(script).not.toContain('9000');
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect((await record()).mappings.size).toBe(0);
  expect(node.dataplane.count('apply')).toBe(0);
});

test('what the kernel refuses is not stored, and the rules are still there', async () => {
  node.dataplane.refuseNext(ROUTER);
  expect((await errorOf(node.imports.takeOver(ROUTER))).code).toBe('KERNEL_REFUSED');
  const { mappings, adopting } = await record();
  expect([mappings.size, adopting]).toEqual([0, []]);
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect(node.events.events).toEqual([]);
});

test('without the tool that reads connections nothing is done: behind the change there would be no way back', async () => {
  node.dataplane.failNext('flows', praasError('TOOL_MISSING', { tool: 'conntrack', package: 'conntrack' }));
  expect((await errorOf(node.imports.takeOver(ROUTER))).code).toBe('TOOL_MISSING');
  expect(left()).toEqual([...SSH, ...DNS, ...RANGE]);
  expect((await record()).mappings.size).toBe(0);
});

test.each(['apply', 'endFlows'] as const)(
  'a tool that fails when rules may be gone, at %s, takes no port away: the next import finishes it',
  async (call) => {
    // A connection that the rules did not lead, to be ended.
    node.router.connect(CALLER, PUBLISHED);
    node.dataplane.failNext(call, praasError('TOOL_TIMEOUT', { command: call, seconds: 10 }));
    const error = await errorOf(node.imports.takeOver(ROUTER));
    expect(error.code).toBe('IMPORT_UNFINISHED');
    expect(error.message).toContain('10 seconds');
    const { mappings, adopting } = await record();
    expect([mappings.size, adopting.length]).toEqual([2, 3]);
    const places = [...node.router.inPlace(), ...left().filter((rule) => rule.includes('PREROUTING'))];
    expect(places).toHaveLength(3);

    await node.imports.takeOver(ROUTER);
    expect(left()).toEqual(RANGE);
    expect(node.router.inPlace()).toHaveLength(2);
    const finished = await record();
    expect([...finished.mappings.values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
    expect(finished).toMatchObject({ adopting: [], pending: [] });
    expect(node.router.flows).toEqual([]);
  },
);

test('a disk that is full when all is done takes no port away: the next import finishes it', async () => {
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
          write: (delta) => (isFull && delta.adopting?.length === 0 ? Promise.reject(full) : transaction.write(delta)),
          rollback: () => transaction.rollback(),
        }),
      ),
  };
  const { router } = node;
  node = fakeNode({ store: failing, router });
  const error = await errorOf(node.imports.takeOver(ROUTER));
  expect(error.code).toBe('IMPORT_UNFINISHED');
  expect(error.message).not.toContain('nothing was changed');
  expect(left()).toEqual(RANGE);
  expect(node.router.inPlace()).toHaveLength(2);

  isFull = false;
  expect((await node.imports.takeOver(ROUTER)).value).toMatchObject([{ result: 'left' }]);
  expect(node.router.inPlace()).toHaveLength(2);
  const { mappings, adopting } = await record();
  expect([mappings.size, adopting]).toEqual([2, []]);
});

test('one that was cut short after it was stored is finished by the next sync, or by the next import', async () => {
  for (const finish of ['sync', 'import'] as const) {
    node = fakeNode();
    node.router.hasFrame = true;
    const rules = [...SSH, ...pythonRules(4022, '10.20.0.52:22').slice(0, 1)];
    Object.assign(node.router, foreignOf(...rules));
    const whole = fakeNode({ store: node.store });
    Object.assign(whole.router, foreignOf(...rules), { hasFrame: true });
    await whole.imports.takeOver(ROUTER);
    await node.store.transaction(ROUTER, (transaction) =>
      transaction.commit({ adopting: rules, pending: [PUBLISHED] }),
    );

    if (finish === 'sync') await node.pat.sync(ROUTER);
    else {
      const { value } = await node.imports.takeOver(ROUTER);
      expect(value.map(({ result }) => result)).toEqual(['ours', 'dropped']);
    }
    expect(left()).toEqual([]);
    expect(node.router.inPlace()).toEqual(whole.router.inPlace());
    expect((await record()).adopting).toEqual([]);
    expect((await record()).mappings.size).toBe(1);
  }
});

test('a port that was taken over is free again when its mapping goes', async () => {
  await node.imports.takeOver(ROUTER);
  await node.pat.delete([idOf(1)]);
  const { value } = await node.pat.create({
    router_id: ROUTER,
    router_port: 4022,
    server_ip: '10.20.0.52',
    server_port: 22,
  });
  expect(value.status).toBe('ACTIVE');
});

test('rules that somebody adds while a daemon remembers the router are seen', async () => {
  await node.imports.takeOver(ROUTER);
  const more = pythonRules(4023, '10.20.0.51:80');
  Object.assign(node.router, foreignOf(...more));
  const { value } = await node.imports.takeOver(ROUTER);
  expect(value).toMatchObject([{ rule: more[0], result: 'imported' }]);
  expect(left()).toEqual([]);
});

test('a router that is not here is said to be not here', async () => {
  expect((await errorOf(node.imports.takeOver('nowhere'))).code).toBe('ROUTER_NOT_FOUND');
});
