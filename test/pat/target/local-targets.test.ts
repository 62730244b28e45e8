/** Without OpenStack nothing says to whom an address belongs: who may publish one, by verb and role. */

import { describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../../src/core/identity/policy.ts';
import { Requester, ROOT } from '../../../src/core/identity/requester.ts';
import { PAT_ACTIONS } from '../../../src/pat/actions.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { tenant } from '../../support/requests.ts';
import { GATEWAY, ROUTER } from '../../support/samples.ts';

const MEMBER = tenant('member', 'blue');
const ADMIN = tenant('admin', 'blue');
const OPERATOR = new Requester({ name: 'operator', role: 'admin', projectId: null });
const REQUEST = {
  router_id: ROUTER,
  gateway_ip: GATEWAY,
  server_ip: '10.20.0.51',
  server_port: 22,
  project_id: 'blue',
};
const ANY_TARGET = { code: 'FORBIDDEN', facts: { action: 'mapping:create:any-target' } };

const POLICY = (level: string) =>
  parsePolicy({ actions: { 'mapping:create:any-target': level } }, 'policy.yaml', PAT_ACTIONS);

const NARROWED = { allowed_cidrs: ['198.51.100.7/32'] };
const OPENED = [
  { server_ip: '10.20.0.52' },
  { server_port: 23 },
  { router_port: 4002 },
  { allowed_cidrs: [] },
  { enabled: true },
  { expires_at: null },
];

/** A node with a mapping of project blue, which root made. */
async function withMapping(node: FakeNode): Promise<string> {
  const given = { allowed_cidrs: ['198.51.100.0/24'], expires_at: '2030-02-01T00:00:00Z' };
  return (await node.pat.create({ ...REQUEST, ...given }, { requester: ROOT })).value.id;
}

describe('by default a member', () => {
  test('publishes nothing: neither alone nor among others', async () => {
    const { pat } = fakeNode();

    expect(await errorOf(pat.create(REQUEST, { requester: MEMBER }))).toMatchObject(ANY_TARGET);
    expect(await errorOf(pat.create(REQUEST, { requester: MEMBER, dryRun: true }))).toMatchObject(ANY_TARGET);
    expect(await errorOf(pat.createMany([REQUEST, REQUEST], { requester: MEMBER }))).toMatchObject(ANY_TARGET);
    expect((await pat.list({}, ROOT)).mappings).toEqual([]);
  });

  test.each(OPENED)('does not open what an operator published for its project: %j', async (patch) => {
    const node = fakeNode();
    const id = await withMapping(node);
    const before = await node.pat.get(id, ROOT);

    expect(await errorOf(node.pat.update(id, patch, { requester: MEMBER }))).toMatchObject(ANY_TARGET);
    expect(await node.pat.get(id, ROOT)).toEqual(before);
  });

  test('narrows, disables, renames and deletes it', async () => {
    const { pat, ...node } = fakeNode();
    const id = await withMapping({ pat, ...node });

    for (const patch of [NARROWED, { expires_at: '2030-01-02T00:00:00Z' }, { enabled: false }, { name: 'ssh' }])
      expect(await pat.update(id, patch, { requester: MEMBER })).toMatchObject({ value: { id, ...patch } });
    expect(await pat.delete([id], { requester: MEMBER })).toMatchObject({ value: [{ id }] });
  });
});

describe.each([
  ['an admin of the project', ADMIN],
  ['an operator', OPERATOR],
  ['root', ROOT],
])('%s', (_, requester) => {
  test('publishes, and moves it to another server', async () => {
    const { pat } = fakeNode();
    const { id, project_id } = (await pat.create(REQUEST, { requester })).value;

    expect(project_id).toBe('blue');
    for (const patch of OPENED)
      expect(await pat.update(id, patch, { requester })).toMatchObject({ value: { id, ...patch } });
  });
});

test('a requester with a project publishes for no other', async () => {
  const { pat } = fakeNode();

  expect((await pat.create({ ...REQUEST, project_id: 'red' }, { requester: ADMIN })).value.project_id).toBe('blue');
});

test('the policy can leave it to members, and take it from admins', async () => {
  const free = fakeNode({ targets: localTargets(POLICY('member')) });
  const { id } = (await free.pat.create(REQUEST, { requester: MEMBER })).value;
  expect(await free.pat.update(id, { server_ip: '10.20.0.52' }, { requester: MEMBER })).toMatchObject({
    value: { id },
  });

  const closed = fakeNode({ targets: localTargets(POLICY('operator')) });
  expect(await errorOf(closed.pat.create(REQUEST, { requester: ADMIN }))).toMatchObject(ANY_TARGET);
  expect(await closed.pat.create(REQUEST, { requester: OPERATOR })).toMatchObject({ value: { project_id: 'blue' } });
});
