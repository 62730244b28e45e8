/**
 * What a requester of one project is told of another one: nothing. All operations are asked as members and admins of project
 * blue, on a node where everything of project red, of other programs and of the node itself has a mark, in good times and in bad.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { FORWARD, GATEWAY, idOf, REQUEST, ROUTER } from '../../support/samples.ts';
import { type Call, READY, TestApi } from '../http/api.ts';

const TOKENS = ['blue-reader', 'blue-member', 'blue-admin'] as const;
const RED_PORT = 4001;
const RULE_PORT = 4002;
const LISTENER_PORT = 4003;

let api: TestApi;
let redId: string;
let ownId: string;

beforeEach(async () => {
  api = new TestApi(READY);
  const { pat, router } = api.node;
  const inUse = { protocol: 'tcp', cidr: `${GATEWAY}/32` } as const;
  router.portsInUse = [
    { ...inUse, kind: 'rule', first: RULE_PORT, last: RULE_PORT, text: 'SECRET-rule --to 10.20.0.61:22' },
    { ...inUse, kind: 'listener', first: LISTENER_PORT, last: LISTENER_PORT, text: 'SECRET-socket' },
  ];
  const red = { project_id: 'red-SECRET', name: 'SECRET-name', description: 'SECRET-text', server_ip: '10.20.0.61' };
  redId = (await pat.create({ ...REQUEST, ...red, router_port: RED_PORT }, { requester: ROOT })).value.id;
  ownId = (await pat.create({ ...REQUEST, project_id: 'blue', router_port: 4000 }, { requester: ROOT })).value.id;
  await api.open();
});
afterEach(() => api.close());

/** Whatever names something that is not of project blue. */
function secretsIn(text: string): string[] {
  return [redId, '10.20.0.61', 'SECRET', '/srv/state'].filter((secret) => text.includes(secret));
}

async function ask(method: string, path: string, call: Call): Promise<string> {
  const response = await api.call(method, path, call);
  return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
}

/** Each operation for the own mapping, that of red, and the router, with bodies that are refused and that are not. */
function requests(): [string, string, unknown][] {
  const bodies: Readonly<Record<string, readonly unknown[]>> = {
    '/v1/mappings': [RED_PORT, RULE_PORT, LISTENER_PORT].flatMap((router_port) => [
      { mapping: { ...REQUEST, router_port } },
      { mappings: [{ ...REQUEST, router_port }] },
    ]),
    '/v1/mappings/delete': [{ ids: [redId] }, { ids: [redId.slice(0, 20)] }, { ids: [ownId, redId] }],
    '/v1/mappings/{id}': [RED_PORT, RULE_PORT, LISTENER_PORT].map((router_port) => ({ mapping: { router_port } })),
    '/v1/quotas/{id}': [{ quota: { mappings: 1 } }],
    '/v1/corrections': [{ corrections: [] }],
  };
  return api.endpoints.flatMap(({ method, path, body }) => {
    const ids = path.includes('routers')
      ? [ROUTER]
      : path.includes('quotas')
        ? ['red-SECRET']
        : [redId, ownId, idOf(99)];
    const paths = path.includes('{id}') ? ids.map((id) => path.replace('{id}', id)) : [path];
    const queries = method === 'get' ? [''] : ['', '?dry_run=true'];
    return paths.flatMap((each) =>
      queries.flatMap((query) =>
        (body ? (bodies[path] ?? [{}]) : [undefined]).map((json): [string, string, unknown] => [
          method,
          each + query,
          json,
        ]),
      ),
    );
  });
}

/** What the requester sent itself may come back. */
const without = (answer: string, sent: string): string =>
  sent
    .split(/[\s/?"{}[\],:]+/)
    .filter((part) => secretsIn(part).length > 0)
    .reduce((rest, part) => rest.replaceAll(part, ''), answer);

async function tellsNothing(token: (typeof TOKENS)[number]): Promise<number> {
  let answers = 0;
  for (const [method, path, json] of requests()) {
    const answer = await ask(method, path, { token, json });
    const told = secretsIn(without(answer, `${path} ${JSON.stringify(json ?? null)}`));
    expect([method, path, json, told, told.length > 0 ? answer : '']).toEqual([method, path, json, [], '']);
    answers++;
  }
  return answers;
}

describe.each(TOKENS)('%s', (token) => {
  test('is told nothing of another project by any operation', async () => {
    expect(await tellsNothing(token)).toBeGreaterThan(20);
  });

  test('is told nothing while rules of another project differ from the record', async () => {
    api.node.router.damage(redId);
    api.node.router.inject({ ...FORWARD, mapping_id: redId.replace(/^./, 'f'), router_port: 4100 });
    expect(await tellsNothing(token)).toBeGreaterThan(20);
  });

  test('is told no path and no output while files and programs fail', async () => {
    const path = '/srv/state/SECRET';
    const failures = [
      praasError('STORE_DAMAGED', { path, reason: `${path}: bad`, aside: `${path}.damaged` }),
      praasError('STORE_FAILED', { path, reason: `EIO: ${path}` }),
      praasError('STORE_UNREADABLE', { path, reason: `EIO: ${path}` }),
      praasError('TOOL_FAILED', { command: `ip netns exec ${path}`, exit_code: 1, output: 'SECRET-output' }),
      praasError('KERNEL_REFUSED', { router: ROUTER, line: 'SECRET-line', output: 'SECRET-output' }),
      new Error(`SECRET ${path}`),
    ];
    for (const failure of failures) {
      api.node.dataplane.failure = failure;
      expect(await tellsNothing(token)).toBeGreaterThan(20);
    }
  });
});

test('an operator is told what is in the way', async () => {
  const json = { mapping: { ...REQUEST, router_port: RED_PORT } };
  expect(secretsIn(await ask('post', '/v1/mappings', { token: 'admin', json }))).toEqual([
    redId,
    '10.20.0.61',
    'SECRET',
  ]);
  const other = { mapping: { ...REQUEST, router_port: RULE_PORT } };
  expect(await ask('post', '/v1/mappings', { token: 'admin', json: other })).toContain('SECRET-rule');
  expect(await ask('get', '/v1/mappings', { token: 'reader' })).toContain(redId);
});
