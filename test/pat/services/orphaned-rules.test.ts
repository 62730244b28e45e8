/** Security group rules whose mapping is gone are removed in the end, whatever ends first: OpenStack, the process or the disk. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrphanStore } from '../../../src/pat/interfaces/orphan-store.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import { OrphanedRules } from '../../../src/pat/services/orphaned-rules.ts';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { SecurityGroups } from '../../../src/pat/target/security-groups.ts';
import { FileOrphanStore } from '../../../src/store/files/pat/orphan-store.ts';
import { createExec } from '../../../src/system/exec.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { DEMO, FakeCloud } from '../../support/fake-cloud.ts';
import { type FakeNode, fakeNode, ListLog } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { POLICY_BY_DEFAULT, tenant } from '../../support/requests.ts';
import { idOf, NOW, ROUTER } from '../../support/samples.ts';

const requester = tenant('member', DEMO, 'alice');
const REQUEST = { router: 'edge', server: 'web', server_port: 22, open_security_group: true };

let cloud: FakeCloud;
let stateDir: string;
let store: MappingStore;
let node: FakeNode;

beforeEach(() => {
  cloud = new FakeCloud();
  stateDir = mkdtempSync(join(tmpdir(), 'praas-orphans-'));
  store = new MemoryStore();
  node = start();
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const orphanStore = (directory = stateDir): FileOrphanStore => {
  const exec = createExec(30_000, process.env);
  const clock = { now: () => new Date(NOW) };
  return new FileOrphanStore({ stateDir: directory, exec, clock, command: 'a test', lockTimeoutSeconds: 10 });
};

/** A process of the node, with what is on its disk. */
function start(
  firstId = 0,
  on: { store: MappingStore; orphans: OrphanStore } = { store, orphans: orphanStore() },
): FakeNode {
  const clock = new FakeClock(NOW);
  const groups = new SecurityGroups({ cloud, clock, log: new ListLog() });
  const targets = new CloudTargets({ cloud, policy: POLICY_BY_DEFAULT, local: localTargets() });
  return fakeNode({ ...on, targets, groups, clock, firstId });
}

const create = async (fields: object = {}, on = node): Promise<string> =>
  (await on.pat.create({ ...REQUEST, ...fields }, { requester })).value.id;
const owners = (): string[] => cloud.itsRules.map(({ description }) => description);
const never = (): Promise<never> => new Promise(() => undefined);

describe('after a restart', () => {
  test('the rule of a mapping that was deleted while OpenStack was away is removed once it is back', async () => {
    const id = await create();
    expect(owners()).toEqual([`praas:${id}`]);
    cloud.isAway = true;
    await node.pat.delete([id], { requester });
    node = start(50);
    await node.follower.look();
    cloud.isAway = false;
    expect(owners()).toEqual([`praas:${id}`]);
    node = start(100);

    await node.follower.look();

    expect(owners()).toEqual([]);
    expect(await orphanStore().read()).toEqual([]);
    const asked = cloud.asked.length;
    await node.follower.look();
    expect(cloud.asked).toHaveLength(asked);
  });

  test('so is that of one whose deletion the process did not live to follow', async () => {
    const id = await create();
    cloud.describedRules = never;
    void node.pat.delete([id], { requester });
    while ((await node.pat.list()).mappings.length > 0) await new Promise(setImmediate);
    cloud.describedRules = FakeCloud.prototype.describedRules.bind(cloud);
    expect(owners()).toEqual([`praas:${id}`]);

    await start(50).follower.look();

    expect(owners()).toEqual([]);
  });

  test('so is that of one whose creation the process did not live to finish', async () => {
    const isAdded = new Promise<void>((resolve) => {
      const add = cloud.addSecurityGroupRule.bind(cloud);
      cloud.addSecurityGroupRule = async (rule) => {
        await add(rule);
        resolve();
        return never();
      };
    });
    void create();
    await isAdded;
    expect(owners()).toHaveLength(1);

    await start(50).follower.look();

    expect(owners()).toEqual([]);
  });

  test('the rule of a mapping whose deletion failed stays', async () => {
    const id = await create();
    await node.follower.expect([await node.pat.get(id)]);
    expect(await orphanStore().read()).toEqual([{ mapping_id: id, router_id: ROUTER }]);

    await start(50).follower.look();

    expect(owners()).toEqual([`praas:${id}`]);
    expect(await orphanStore().read()).toEqual([]);
  });

  test('another node on the same cloud keeps its rules, and gets its own when it shared the one that went', async () => {
    const there = mkdtempSync(join(tmpdir(), 'praas-orphans-'));
    const other = start(200, { store: new MemoryStore(), orphans: orphanStore(there) });
    const id = await create();
    const shared = await create({}, other);
    const own = await create({ server_port: 80 }, other);
    cloud.isAway = true;
    await node.pat.delete([id], { requester });
    cloud.isAway = false;

    await other.follower.look();
    expect(owners()).toEqual([`praas:${id}`, `praas:${own}`]);
    await start(50).follower.look();
    await other.follower.look();

    expect(owners().toSorted()).toEqual([`praas:${shared}`, `praas:${own}`].toSorted());
    rmSync(there, { recursive: true });
  });
});

describe('where OpenStack is not configured any more', () => {
  const withoutCloud = (): FakeNode => fakeNode({ store, orphans: orphanStore(), firstId: 50 });

  test('the rule of a mapping that is deleted there is removed once it is configured again', async () => {
    const id = await create();
    const { warnings } = await withoutCloud().pat.delete([id], { requester });
    expect(warnings).toEqual([expect.stringContaining(id)]);
    expect(owners()).toEqual([`praas:${id}`]);

    await start(100).follower.look();

    expect(owners()).toEqual([]);
    expect(await orphanStore().read()).toEqual([]);
  });
});

test('a mapping that opens no group is created, changed and deleted without a look at the list', async () => {
  let uses = 0;
  const counting = {
    read: async () => {
      uses += 1;
      return [];
    },
    update: async () => {
      uses += 1;
    },
  };
  const own = start(50, { store, orphans: counting });
  const id = await create({ open_security_group: false }, own);
  await own.pat.update(id, { name: 'web' }, { requester });
  await own.pat.delete([id], { requester });
  expect(uses).toBe(0);

  await create({}, own);
  expect(uses).toBeGreaterThan(0);
});

test('a look while a mapping is created leaves its rule', async () => {
  const add = cloud.addSecurityGroupRule.bind(cloud);
  cloud.addSecurityGroupRule = async (rule) => {
    const added = await add(rule);
    await node.follower.look();
    return added;
  };
  const id = await create();

  expect(owners()).toEqual([`praas:${id}`]);
  expect(await orphanStore().read()).toEqual([]);
});

describe('the list', () => {
  const orphan = (n: number) => ({ mapping_id: idOf(n), router_id: ROUTER });
  let log: ListLog;
  let orphans: OrphanedRules;
  beforeEach(() => {
    log = new ListLog();
    orphans = new OrphanedRules(orphanStore(), log, 2);
  });
  const due = async (): Promise<string[]> => (await orphans.due(10)).map(({ mapping_id }) => mapping_id);

  test('says that it is full, forgets nothing meanwhile, and stores the rest when there is room', async () => {
    await orphans.add([orphan(1), orphan(2)]);
    expect(orphans.degradedReason).toBeUndefined();
    await orphans.add([orphan(3)]);

    expect(orphans.degradedReason).toContain('1 mapping');
    expect(await due()).toEqual([1, 2, 3].map(idOf));
    expect(await orphanStore().read()).toEqual([orphan(1), orphan(2)]);

    await orphans.remove([idOf(1)]);
    expect(await orphanStore().read()).toEqual([orphan(2), orphan(3)]);
    expect(orphans.degradedReason).toBeUndefined();
    await orphans.add([orphan(4)]);
    expect(orphans.degradedReason).toContain('1 mapping');
    await orphans.remove([2, 3, 4].map(idOf));
    expect(orphans.degradedReason).toBeUndefined();
    expect(await due()).toEqual([]);
  });

  test('that had to forget some says so until there is room again', async () => {
    const some = Array.from({ length: 10_005 }, (_, n) => orphan(n));
    await orphans.add(some);
    expect(orphans.degradedReason).toContain('3 mappings forgotten');
    expect(log.lines.filter(({ message }) => message === 'orphaned rules forgotten')).toHaveLength(3);

    await orphans.remove(some.slice(2).map(({ mapping_id }) => mapping_id));
    expect(orphans.degradedReason).toBeUndefined();
    await orphans.add([orphan(1)]);
    expect(orphans.degradedReason).toBeUndefined();
  });

  test('is not gone through for each mapping that is looked up', async () => {
    const many = 1000;
    let reads = 0;
    const stored = Array.from({ length: many }, (_, n) => ({
      router_id: ROUTER,
      get mapping_id() {
        reads += 1;
        return idOf(n);
      },
    }));
    orphans = new OrphanedRules({ read: async () => stored, update: async () => undefined }, log);
    await orphans.due(1);
    for (let n = 0; n < 2 * many; n++) expect(orphans.has(idOf(n))).toBe(n < many);
    await orphans.due(1);

    expect(reads).toBeLessThan(3 * many);
  });

  test('that is damaged is left as it is and said, and what comes is kept in memory', async () => {
    await orphans.add([orphan(1)]);
    const path = join(stateDir, 'orphaned-rules.json');
    const damaged = readFileSync(path, 'utf8').replace('orphans', 'orphanz');
    writeFileSync(path, damaged);

    await orphans.add([orphan(2)]);

    expect(orphans.degradedReason).toContain(path);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'orphaned rules not stored' }]);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
    expect(await due()).toContain(idOf(2));
  });

  test('is looked at in turn, and less often while that is in vain', async () => {
    orphans = new OrphanedRules(orphanStore(), log);
    await orphans.add([1, 2, 3].map(orphan));
    const turns = [await orphans.due(2), await orphans.due(2), await orphans.due(2)];
    expect(turns.map((turn) => turn.length)).toEqual([2, 1, 2]);

    const looks: number[] = [];
    for (let look = 0; look < 16; look++) {
      if ((await due()).length === 0) continue;
      looks.push(look);
      orphans.looked(false);
    }
    expect(looks).toEqual([0, 1, 3, 7, 15]);
    orphans.looked(true);
    expect(await due()).not.toEqual([]);
  });
});
