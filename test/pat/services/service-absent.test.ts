/** Routers that are not on this node, mappings that this state directory does not know, and dry runs. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { CALLER, FACTS, FORWARD, factsOf, GATEWAY, idOf, REQUEST, ROUTER } from '../../support/samples.ts';

const NOT_HERE = { status: 'DOWN', status_code: 'ROUTER_ABSENT' };

let node: FakeNode;

beforeEach(() => {
  node = fakeNode();
});

describe('while a router is not on this node', () => {
  beforeEach(async () => {
    node.dataplane.add(new FakeRouter(factsOf('west')));
    await node.pat.create(REQUEST);
    node.dataplane.lose(ROUTER);
  });

  test('create is refused and names the routers of the node', async () => {
    expect(await errorOf(node.pat.create(REQUEST))).toMatchObject({
      code: 'ROUTER_NOT_FOUND',
      facts: { router: ROUTER, known: ['west'] },
    });
    expect((await node.pat.list()).mappings).toHaveLength(1);
  });

  test('sync is refused', async () => {
    expect((await errorOf(node.pat.sync(ROUTER))).code).toBe('ROUTER_NOT_FOUND');
  });

  test('its mappings are listed as DOWN', async () => {
    expect((await node.pat.list()).mappings).toMatchObject([NOT_HERE]);
  });

  test('update works, gives DOWN, and leaves nothing pending', async () => {
    expect((await node.pat.update(idOf(1), { server_port: 2222 })).value).toMatchObject({
      ...NOT_HERE,
      server_port: 2222,
    });

    expect((await node.store.read(ROUTER)).pending).toEqual([]);
  });

  test('delete works', async () => {
    await node.pat.delete([idOf(1)]);

    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('its rules in a router of another name keep it from being changed, until they are gone', async () => {
    const renamed = new FakeRouter(factsOf('kept'));
    renamed.inject({ ...FORWARD, mapping_id: idOf(1) });
    node.dataplane.add(renamed);
    for (const change of [node.pat.update(idOf(1), { enabled: false }), node.pat.sync(ROUTER)])
      expect(await errorOf(change)).toMatchObject({
        code: 'RULES_ELSEWHERE',
        facts: { router: ROUTER, holder: 'kept' },
      });
    expect((await node.pat.list()).mappings).toMatchObject([{ id: idOf(1), enabled: true }]);

    const dryRun = node.pat.delete([idOf(1)], { dryRun: true });
    expect((await errorOf(dryRun)).code).toBe('RULES_ELSEWHERE');
    expect((await node.pat.update(idOf(1), { name: 'ssh' })).value).toMatchObject({ name: 'ssh' });

    renamed.flush();
    await node.pat.delete([idOf(1)]);
    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('the next change after the router is back applies what changed while it was absent', async () => {
    await node.pat.update(idOf(1), { server_port: 2222 });
    const back = new FakeRouter(FACTS);
    node.dataplane.add(back);

    await node.pat.sync(ROUTER);

    expect(back.inPlace()).toEqual([`${idOf(1)} ${GATEWAY}:4000/tcp 10.20.0.51 2222  false`]);
    expect((await node.pat.get(idOf(1))).status).toBe('ACTIVE');
  });

  test('the next change after the router is back restores all mappings', async () => {
    const back = new FakeRouter(FACTS);
    node.dataplane.add(back);

    await node.pat.create(REQUEST);

    expect(back.inPlace()).toHaveLength(2);
  });
});

test('a router that is deleted during a create leaves the mapping stored and DOWN', async () => {
  node.dataplane.failNext('apply', praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [] }));

  expect((await node.pat.create(REQUEST)).value).toMatchObject(NOT_HERE);
  expect((await node.store.read(ROUTER)).mappings.get(idOf(1))).toMatchObject(NOT_HERE);
});

test('a router that gets another name during a delete keeps the mapping; one that is deleted does not', async () => {
  await node.pat.create(REQUEST);
  const renamed = new FakeRouter(factsOf('kept'));
  renamed.inject({ ...FORWARD, mapping_id: idOf(1) });
  node.dataplane.add(renamed);
  const gone = praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: ['kept'] });
  for (const close of [() => node.pat.delete([idOf(1)]), () => node.pat.update(idOf(1), { enabled: false })]) {
    node.dataplane.failNext('apply', gone);
    expect((await errorOf(close())).code).toBe('RULES_ELSEWHERE');
    expect((await node.store.read(ROUTER)).mappings.get(idOf(1))).toMatchObject({ enabled: true });
  }

  renamed.flush();
  node.dataplane.failNext('apply', gone);
  await node.pat.delete([idOf(1)]);
  expect((await node.store.read(ROUTER)).mappings.size).toBe(0);
});

describe('mappings in the kernel that this state directory does not know', () => {
  beforeEach(() => node.router.inject({ ...FORWARD, mapping_id: idOf(7), router_port: 4009 }));

  test.each([
    ['create', () => node.pat.create(REQUEST)],
    ['sync', () => node.pat.sync(ROUTER)],
    ['a dry run', () => node.pat.create(REQUEST, { dryRun: true })],
  ])('refuse %s with their number and the directory', async (_, change) => {
    expect(await errorOf(change())).toMatchObject({
      code: 'UNKNOWN_RULES',
      facts: { router: ROUTER, count: 1, state_dir: '/srv/state' },
    });
    expect(node.router.entries).toHaveLength(1);
    expect((await node.store.routers()).includes(ROUTER)).toBe(false);
  });

  test('are removed with force', async () => {
    await node.pat.create(REQUEST, { force: true });

    expect(node.router.inPlace()).toEqual([`${idOf(1)} ${GATEWAY}:4000/tcp 10.20.0.51 22  false`]);
  });

  test('refuse nothing once the directory has had the router, also without a mapping left', async () => {
    node.router.flush();
    await node.pat.create(REQUEST);
    await node.pat.delete([idOf(1)]);
    node.router.inject({ ...FORWARD, mapping_id: idOf(7), router_port: 4009 });

    expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 1, moved: 0 });
  });
});

describe('a dry run', () => {
  const dryRun = { dryRun: true };
  const state = async (): Promise<unknown> => [
    structuredClone(await node.store.read(ROUTER)),
    node.router.inPlace(),
    node.router.flows,
    (await node.store.routers()).includes(ROUTER),
  ];
  const ssh = `${idOf(1)} ${GATEWAY}:4000/tcp 10.20.0.51 22  false`;

  test('of a first create shows the base chains and the rule, and changes nothing', async () => {
    const before = await state();

    const { value, script } = await node.pat.create(REQUEST, dryRun);

    expect(script).toBe(`base chains\n+ ${ssh}\n`);
    expect(value).toMatchObject({ router_port: 4000, status: 'PENDING' });
    expect(await state()).toEqual(before);
    expect(node.dataplane.count('apply')).toBe(0);
  });

  test('of update and delete shows the removed and the added rules, and changes nothing', async () => {
    await node.pat.create(REQUEST);
    node.router.connect(CALLER, FORWARD);
    const before = await state();

    expect((await node.pat.update(idOf(1), { router_port: 4003 }, dryRun)).script).toBe(
      `- ${ssh}\n+ ${ssh.replace(':4000', ':4003')}\n`,
    );
    expect((await node.pat.update(idOf(1), { name: 'x' }, dryRun)).script).toBe('');
    expect((await node.pat.delete([idOf(1)], dryRun)).script).toBe(`- ${ssh}\n`);
    expect(await state()).toEqual(before);
  });

  test('of sync shows the repair, and changes nothing', async () => {
    await node.pat.create(REQUEST);
    node.router.damage(idOf(1));
    const before = await state();

    expect((await node.pat.sync(ROUTER, dryRun)).script).toBe(`- broken ${idOf(1)}\n+ ${ssh}\n`);
    expect(await state()).toEqual(before);
  });

  test('leaves the repair to the next change', async () => {
    await node.pat.create(REQUEST);
    node.router.damage(idOf(1));
    await node.pat.sync(ROUTER, dryRun);

    await node.pat.create(REQUEST);

    expect(node.router.inPlace()).toHaveLength(2);
    expect(node.router.inPlace()).toContain(ssh);
  });

  test('is refused for the same reasons as the change', async () => {
    await node.pat.create(REQUEST);

    expect((await errorOf(node.pat.create({ ...REQUEST, router_port: 4000 }, dryRun))).code).toBe('PORT_TAKEN');
    expect((await errorOf(node.pat.delete([idOf(9)], dryRun))).code).toBe('MAPPING_NOT_FOUND');
    node.dataplane.lose(ROUTER);
    expect((await errorOf(node.pat.create(REQUEST, dryRun))).code).toBe('ROUTER_NOT_FOUND');
    expect((await node.pat.delete([idOf(1)], dryRun)).script).toBe('');
  });
});
