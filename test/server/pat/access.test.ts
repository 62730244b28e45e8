// The table of docs/policy.md, row by row, compared with the API itself: each row with a requester of each of the four levels.
// A refused request gets 403. An allowed one may get any other status, because the requests are as short as possible.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultPolicy, parsePolicy as policyOfFile } from '../../../src/core/identity/policy.ts';
import { LEVELS, type Level, Requester } from '../../../src/core/identity/requester.ts';
import { PAT_ACTIONS, type PatAction } from '../../../src/pat/actions.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { readPolicy as readFileOf } from '../../../src/server/http/policy-file.ts';
import { redactFor } from '../../../src/server/http/redact.ts';
import { routerEndpoints } from '../../../src/server/pat/routers.ts';
import { errorOf } from '../../support/fake-node.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';
import { GATEWAY, idOf, REQUEST, ROUTER } from '../../support/samples.ts';
import { type Call, READY, TestApi } from '../http/api.ts';

let api: TestApi;

beforeEach(async () => {
  api = new TestApi(READY);
  await api.open();
});
afterEach(() => api.close());

const ROWS = [
  ...readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8').matchAll(
    /^\| `([a-z:-]+)` \| (\w+) \|/gm,
  ),
].map(([, action = '', level = '']) => [action as PatAction, level as Level] as const);

const TOKENS = {
  reader: 'blue-reader',
  member: 'blue-member',
  admin: 'blue-admin',
  operator: 'admin',
} as const satisfies Partial<Record<Level, Call['token']>>;
const REQUESTERS = ['reader', 'member', 'admin', 'operator'] as const;
type RequesterLevel = (typeof REQUESTERS)[number];

const requesterOf = (level: RequesterLevel): Requester =>
  new Requester({
    name: level,
    role: level === 'operator' ? 'admin' : level,
    projectId: level === 'operator' ? null : 'blue',
  });
const policyFrom = (value: unknown) => policyOfFile(value, '/srv/policy.yaml', PAT_ACTIONS);
const readPolicy = (path: string) => readFileOf(path, PAT_ACTIONS);

/** Actions without an operation of their own, with a test of whether they are allowed. */
const INDIRECT: Partial<Record<PatAction, (requester: RequesterLevel) => Promise<boolean>>> = {
  'mapping:create:any-port': async (requester) => {
    const json = { mapping: { ...REQUEST, router_port: 9000 } };
    const outside = await api.call('post', '/v1/mappings', { token: TOKENS[requester], json });
    if (outside.status === 201) return true;
    // A member may choose no port at all here: without OpenStack the address alone would be refused, too.
    const { errors } = (await outside.json()) as { errors: { facts: { action: string } }[] };
    const action = requester === 'reader' ? 'mapping:create' : 'mapping:create:any-port';
    expect(errors).toMatchObject([{ facts: { action } }]);
    return false;
  },
  'mapping:create:any-target': async (requester) => {
    const status = await ask(requester, 'post', '/v1/mappings', { mapping: REQUEST });
    return status === 201;
  },
  'mapping:force': async (requester) => {
    const { status } = await api.call('get', '/v1/mappings', { token: TOKENS[requester] });
    const forced = await ask(requester, 'post', '/v1/mappings/delete?force=true', { ids: [idOf(99)] });
    return status === 200 && forced !== 403;
  },
  'router:details': async (requester) => {
    api.node.router.portsInUse = [
      { kind: 'rule', protocol: 'tcp', cidr: `${GATEWAY}/32`, first: 80, last: 80, text: 'DNAT' },
    ];
    const response = await api.call('get', `/v1/routers/${ROUTER}`, { token: TOKENS[requester] });
    const { router } = (await response.json()) as { router: { unmanaged: string[] } };
    return router.unmanaged.length > 0;
  },
};

async function ask(requester: RequesterLevel, method: string, path: string, json?: unknown): Promise<number> {
  const { status } = await api.call(method, path, { token: TOKENS[requester], json });
  expect(status).toBeLessThan(500);
  return status;
}

/** Whether all operations of the action are allowed; undefined when they differ. */
async function isActionAllowed(requester: RequesterLevel, action: PatAction): Promise<boolean | undefined> {
  const answers = new Set<boolean>();
  for (const { method, path, body } of api.endpoints.filter((each) => each.action === action)) {
    const concrete = path.replace('{id}', path.includes('routers') ? ROUTER : idOf(99));
    answers.add((await ask(requester, method, concrete, body && {})) !== 403);
  }
  return answers.size === 1 ? [...answers][0] : undefined;
}

describe.each(ROWS)('%s, for %s and above', (action, level) => {
  test.each(REQUESTERS)('for a requester of level %s', async (requester) => {
    const hasOperation = api.endpoints.some((each) => each.action === action);
    const isAllowed =
      INDIRECT[action] ?? (hasOperation ? (each: RequesterLevel) => isActionAllowed(each, action) : undefined);
    const allowed = await (isAllowed?.(requester) ?? POLICY_BY_DEFAULT.allows(requesterOf(requester), action));

    expect(allowed).toBe(LEVELS.indexOf(requester) >= LEVELS.indexOf(level));
  });
});

test('every operation of the API is in the table', () => {
  const actions = new Set<string>(ROWS.map(([action]) => action));

  expect(api.endpoints.filter(({ action }) => !actions.has(action))).toEqual([]);
});

test('a refusal names the requester and the action', async () => {
  const response = await api.call('post', `/v1/routers/${ROUTER}/sync`, { token: 'blue-admin' });

  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    errors: [
      { code: 'praas.forbidden', facts: { who: 'blue-admin (admin)', what: PAT_ACTIONS['router:sync'].description } },
    ],
  });
});

test('the policy decides, not the role', async () => {
  const policy = policyFrom({
    actions: { 'mapping:create': 'reader', 'mapping:create:any-target': 'reader', 'mapping:list': 'none' },
  });
  const changed = new TestApi(READY, policy);
  await changed.open();
  try {
    const json = { mapping: REQUEST };
    expect((await changed.call('post', '/v1/mappings', { token: 'blue-reader', json })).status).toBe(201);
    expect((await changed.call('get', '/v1/mappings', { token: 'admin' })).status).toBe(403);
  } finally {
    await changed.close();
  }
});

test('a policy that allows a tenant to change routers does not show it more of them', async () => {
  const lost = praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [] });
  const reached: string[] = [];
  const endpoints = routerEndpoints({
    routers: { list: () => Promise.reject(lost), show: () => Promise.reject(lost), idOf: (id) => id },
    pat: {
      async sync(router_id) {
        reached.push(router_id);
        return { value: { added: 0, removed: 0, moved: 0 }, warnings: [], script: undefined };
      },
    },
    imports: {
      async importRules(router_id) {
        reached.push(router_id);
        return { value: [], warnings: [], script: undefined };
      },
    },
    policy: policyFrom({ actions: { 'router:sync': 'member', 'router:import': 'member' } }),
    requestId: () => 'req-1',
  });
  const asked = { id: ROUTER, query: {}, body: undefined, ifMatch: undefined, idempotencyKey: undefined };
  const rest = { ...asked, baseUrl: 'http://node', url: '/' };

  for (const operation of ['syncRouter', 'importRules']) {
    reached.length = 0;
    const handle = endpoints.find(({ name }) => name === operation)?.handle;
    const refused = await errorOf(async () => handle?.({ ...rest, requester: requesterOf('member') }));
    expect(refused.code).toBe('ROUTER_NOT_FOUND');
    expect(reached).toEqual([]);
    expect(await handle?.({ ...rest, requester: requesterOf('operator') })).toMatchObject({ status: 200 });
    expect(reached).toEqual([ROUTER]);
  }
});

describe('the policy file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'praas-policy-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const written = (text: string): string => {
    const path = join(directory, 'policy.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('is not needed: without it the default policy holds', async () => {
    expect(await readPolicy(join(directory, 'nothing.yaml'))).toEqual(defaultPolicy(PAT_ACTIONS));
  });

  test('is YAML; comments alone say nothing', async () => {
    expect((await readPolicy(written('actions:\n  router:sync: admin # ours\n'))).level('router:sync')).toBe('admin');
    expect((await readPolicy(written('# actions:\n#   router:sync: admin\n'))).level('router:sync')).toBe('operator');
    expect((await readPolicy(written('actions:\n#   router:sync: admin\n'))).level('router:sync')).toBe('operator');
  });

  test('that docs/policy.md shows is one that is taken', async () => {
    const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
    const policy = await readPolicy(written(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''));

    expect(policy.level('mapping:create:any-port')).toBe('member');
    expect(policy.level('mapping:update')).toBe('none');
    expect([policy.roleOf(['publisher']), policy.roleOf(['_member_'])]).toEqual(['member', undefined]);
  });

  test.each([
    ['actions: [', 'line '],
    ['actions:\n  a: reader\n  a: reader\n', 'line 3'],
    ['actions: {}\n---\nactions: {}\n', 'document'],
    ['actions:\n  router:snyc: admin\n', '"router:snyc"'],
    ['actions:\n  router:sync: yes\n', 'actions.router:sync'],
  ])('with %j is refused, and the reason names the place', async (text, place) => {
    const path = written(text);
    const error = await errorOf(readPolicy(path));

    expect(error.code).toBe('POLICY_INVALID');
    expect(error.facts).toMatchObject({ path, reason: expect.stringContaining(place) });
  });

  test('that is a FIFO is refused and not waited for, and a link to a file is read', async () => {
    const [fifo, link] = [join(directory, 'fifo'), join(directory, 'link.yaml')];
    execFileSync('mkfifo', [fifo]);
    expect((await errorOf(readPolicy(fifo))).facts).toMatchObject({ path: fifo });
    symlinkSync(written('actions:\n  router:sync: admin\n'), link);

    expect((await readPolicy(link)).level('router:sync')).toBe('admin');
  });

  test('that is there and cannot be read is no missing one', async () => {
    const error = await errorOf(readPolicy(directory));

    expect(error.code).toBe('POLICY_INVALID');
    expect(error.facts).toMatchObject({ path: directory, reason: expect.stringContaining('directory') });
  });
});

test('errors for a requester of one project name no other router of the node, and no file', () => {
  const lost = praasError('ROUTER_NOT_FOUND', { router: 'far', known: ['qrouter-1', 'qrouter-2'] });
  const own = praasError('ROUTER_NOT_FOUND', { router: 'far', known: ['edge'], is_own: true });
  const full = praasError('STORE_FULL', { path: '/var/lib/praas/routers/secret' });
  const member = requesterOf('member');
  const operator = requesterOf('operator');

  const seenBy = (requester: Requester, error: unknown) => redactFor(POLICY_BY_DEFAULT, requester, error);

  expect(String(seenBy(member, lost))).not.toContain('qrouter');
  expect(String(seenBy(member, own))).toContain('edge');
  expect(seenBy(member, full)).toMatchObject({ code: 'STORE_FULL', facts: { path: 'the state of this node' } });
  expect(seenBy(operator, lost)).toBe(lost);
  expect(seenBy(operator, full)).toBe(full);
  expect(redactFor(POLICY_BY_DEFAULT, undefined, full)).not.toBe(full);
});
