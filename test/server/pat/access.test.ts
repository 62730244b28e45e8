// The table of docs/policy.md, row by row, asked of the API itself: each row by each of the four levels. Whoever is refused
// gets 403; whoever is not gets anything else, for these requests are as short as they can be.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { GATEWAY, idOf, ROUTER, WANTED } from '../../support/samples.ts';
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
const CALLERS = ['reader', 'member', 'admin', 'operator'] as const;
type CallerLevel = (typeof CALLERS)[number];

const requesterOf = (level: CallerLevel): Requester =>
  new Requester({
    name: level,
    role: level === 'operator' ? 'admin' : level,
    projectId: level === 'operator' ? null : 'blue',
  });
const policyFrom = (value: unknown) => policyOfFile(value, '/srv/policy.yaml', PAT_ACTIONS);
const readPolicy = (path: string) => readFileOf(path, PAT_ACTIONS);

/** The actions that have no operation of their own: how one sees whether the caller may. */
const SEEN: Partial<Record<PatAction, (caller: CallerLevel) => Promise<boolean>>> = {
  'mapping:create:any-port': async (caller) => {
    const before = await ask(caller, 'post', '/v1/mappings', { mapping: { ...WANTED, router_port: 4000 } });
    const outside = await ask(caller, 'post', '/v1/mappings', { mapping: { ...WANTED, router_port: 9000 } });
    return before !== 403 && outside === 201;
  },
  'mapping:force': async (caller) => {
    const { status } = await api.call('get', '/v1/mappings', { token: TOKENS[caller] });
    const forced = await ask(caller, 'post', '/v1/mappings/delete?force=true', { ids: [idOf(99)] });
    return status === 200 && forced !== 403;
  },
  'router:details': async (caller) => {
    api.node.router.portsInUse = [
      { kind: 'rule', protocol: 'tcp', cidr: `${GATEWAY}/32`, first: 80, last: 80, text: 'DNAT' },
    ];
    const response = await api.call('get', `/v1/routers/${ROUTER}`, { token: TOKENS[caller] });
    const { router } = (await response.json()) as { router: { unmanaged: string[] } };
    return router.unmanaged.length > 0;
  },
};

async function ask(caller: CallerLevel, method: string, path: string, json?: unknown): Promise<number> {
  const { status } = await api.call(method, path, { token: TOKENS[caller], json });
  expect(status).toBeLessThan(500);
  return status;
}

/** Whether the caller may, as all operations of that action say; undefined when they do not agree. */
async function mayCall(caller: CallerLevel, action: PatAction): Promise<boolean | undefined> {
  const answers = new Set<boolean>();
  for (const { method, path, body } of api.endpoints.filter((each) => each.action === action)) {
    const concrete = path.replace('{id}', path.includes('routers') ? ROUTER : idOf(99));
    answers.add((await ask(caller, method, concrete, body && {})) !== 403);
  }
  return answers.size === 1 ? [...answers][0] : undefined;
}

describe.each(ROWS)('%s, for %s and above', (action, level) => {
  test.each(CALLERS)('asked by a caller of level %s', async (caller) => {
    const hasOperation = api.endpoints.some((each) => each.action === action);
    const look = SEEN[action] ?? (hasOperation ? (each: CallerLevel) => mayCall(each, action) : undefined);
    const allowed = await (look?.(caller) ?? POLICY_BY_DEFAULT.allows(requesterOf(caller), action));

    expect(allowed).toBe(LEVELS.indexOf(caller) >= LEVELS.indexOf(level));
  });
});

test('every operation of the API is in the table', () => {
  const actions = new Set<string>(ROWS.map(([action]) => action));

  expect(api.endpoints.filter(({ action }) => !actions.has(action))).toEqual([]);
});

test('a refusal says who and what', async () => {
  const response = await api.call('post', `/v1/routers/${ROUTER}/sync`, { token: 'blue-admin' });

  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    errors: [
      { code: 'praas.forbidden', facts: { who: 'blue-admin (admin)', what: PAT_ACTIONS['router:sync'].description } },
    ],
  });
});

test('the policy decides, not the role', async () => {
  const policy = policyFrom({ actions: { 'mapping:create': 'reader', 'mapping:list': 'nobody' } });
  const changed = new TestApi(READY, policy);
  await changed.open();
  try {
    const json = { mapping: WANTED };
    expect((await changed.call('post', '/v1/mappings', { token: 'blue-reader', json })).status).toBe(201);
    expect((await changed.call('get', '/v1/mappings', { token: 'admin' })).status).toBe(403);
  } finally {
    await changed.close();
  }
});

test('whom a policy lets change routers still reaches none that is not there for them', async () => {
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
      async takeOver(router_id) {
        reached.push(router_id);
        return { value: [], warnings: [], script: undefined };
      },
    },
    policy: policyFrom({ actions: { 'router:sync': 'member', 'router:import': 'member' } }),
    request_id: () => 'req-1',
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
    expect(policy.level('mapping:update')).toBe('nobody');
    expect([policy.roleOf(['publisher']), policy.roleOf(['_member_'])]).toEqual(['member', undefined]);
  });

  test.each([
    ['actions: [', 'unexpected end'],
    ['actions:\n  a: reader\n  a: reader\n', 'line 3: duplicated mapping key'],
    ['actions: {}\n---\nactions: {}\n', 'it has more than one document'],
    ['actions:\n  router:snyc: admin\n', 'unknown key "router:snyc" in actions; did you mean router:sync?'],
    ['actions:\n  router:sync: yes\n', 'actions.router:sync must be one of'],
  ])('with %j is refused, and says what is wrong', async (text, reason) => {
    const path = written(text);
    const error = await errorOf(readPolicy(path));

    expect(error.code).toBe('POLICY_INVALID');
    expect(error.facts).toMatchObject({ path, reason: expect.stringContaining(reason) });
  });

  test('that is there and cannot be read is no missing one', async () => {
    const error = await errorOf(readPolicy(directory));

    expect(error.code).toBe('POLICY_INVALID');
    expect(error.facts).toMatchObject({ path: directory, reason: expect.stringContaining('directory') });
  });
});

test('whoever has a project is told nothing of the other routers of the node, and of no file', () => {
  const lost = praasError('ROUTER_NOT_FOUND', { router: 'far', known: ['qrouter-1', 'qrouter-2'] });
  const own = praasError('ROUTER_NOT_FOUND', { router: 'far', known: ['edge'], is_own: true });
  const full = praasError('STORE_FULL', { path: '/var/lib/praas/routers/secret' });
  const member = requesterOf('member');
  const operator = requesterOf('operator');

  expect(String(redactFor(member, lost))).not.toContain('qrouter');
  expect(String(redactFor(member, own))).toContain('edge');
  expect(redactFor(member, full)).toMatchObject({ code: 'STORE_FULL', facts: { path: 'the state of this node' } });
  expect(redactFor(operator, lost)).toBe(lost);
  expect(redactFor(operator, full)).toBe(full);
});
