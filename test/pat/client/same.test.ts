// The service itself and the same service behind the API give the same values and the same errors.

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { openRemote, type Remote } from '../../../src/pat/client/remote.ts';
import { isPraasError, praasError } from '../../../src/pat/errors.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import type { Pat, Routers } from '../../../src/pat/services/api.ts';
import { RouterService } from '../../../src/pat/services/router-service.ts';
import { TestApi } from '../../server/http/api.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { requestOf } from '../../support/requests.ts';
import { CALLER, factsOf, MAPPING, REQUEST, ROUTER } from '../../support/samples.ts';
import { transportTo } from './support.ts';

interface Side {
  readonly pat: Pat;
  readonly routers: Routers;
  readonly node: FakeNode;
}

let api: TestApi;
let remote: Remote;
let sides: readonly Side[];

beforeEach(async () => {
  api = new TestApi();
  await api.open();
  remote = openRemote(transportTo(api.url, 'admin'), () => crypto.randomUUID());
  const node = fakeNode();
  const { store, dataplane, clock, log } = node;
  const agent = new Agent(dataplane, clock, log);
  const routers = new RouterService({ store, dataplane, clock, agent, settings: POLICY });
  sides = [
    { pat: node.pat, routers, node },
    { pat: remote.pat, routers: remote.routers, node: api.node },
  ];
});
afterEach(async () => {
  await remote.close();
  await api.close();
});

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The outcomes of calls, with each ID replaced by its position, because each side generates its own IDs. */
function normalized(outcomes: readonly unknown[]): unknown {
  const seen: string[] = [ROUTER];
  const text = JSON.stringify(outcomes, undefined, 1).replaceAll(UUID, (id) => {
    if (!seen.includes(id)) seen.push(id);
    return `id ${seen.indexOf(id)}`;
  });
  return JSON.parse(text);
}

type Call = (side: Side, ids: readonly string[]) => Promise<unknown>;

/** Makes the calls one after the other; each gets the IDs of the present mappings. */
async function play({ pat, routers, node }: Side, calls: readonly Call[]): Promise<unknown> {
  const outcomes: unknown[] = [];
  for (const call of calls) {
    const ids = (await pat.list({}, ROOT)).mappings.map(({ id }) => id);
    const work = (async () => call({ pat, routers, node }, ids))();
    const outcome = work.catch((error: unknown) => {
      if (!isPraasError(error)) throw error;
      const { code, message, nextSteps: next_steps, facts } = error;
      return { error: { code, message, next_steps, facts } };
    });
    outcomes.push((await outcome) ?? 'no value');
  }
  return normalized(outcomes);
}

const full = requestOf({
  ...REQUEST,
  project_id: 'blue',
  protocol: 'udp',
  router_port: 4001,
  gateway_ip: MAPPING.gateway_ip,
  server_port: 53,
  name: 'ü',
  description: 'd',
  allowed_cidrs: ['198.51.100.7'],
  masquerade: 'never',
  expires_at: '2031-01-01T00:00:00Z',
  enabled: false,
});
const make: Call = ({ pat }) => pat.create(requestOf(REQUEST), { requester: ROOT });
const first = (ids: readonly string[]): string => ids[0] ?? '';

const scenarios: Readonly<Record<string, readonly Call[]>> = {
  'create, with few and with all fields': [
    make,
    ({ pat }) => pat.create(full, { requester: ROOT }),
    ({ pat }) => pat.list({}, ROOT),
  ],
  'create with dry run': [
    ({ pat }) => pat.create(full, { requester: ROOT, dryRun: true }),
    ({ pat }) => pat.list({}, ROOT),
  ],
  'create that is refused': [
    make,
    ({ pat }) => pat.create(requestOf({ ...REQUEST, router_port: 4000 }), { requester: ROOT }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, router_port: 500 }), { requester: ROOT }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, router_port: 500 }), { requester: ROOT, force: true }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, server_ip: '192.0.2.1' }), { requester: ROOT }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, router_id: 'nowhere' }), { requester: ROOT }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, gateway_ip: '192.0.2.1' }), { requester: ROOT }),
    ({ pat }) => pat.create(requestOf({ ...REQUEST, expires_at: '2020-01-01T00:00:00Z' }), { requester: ROOT }),
  ],
  update: [
    make,
    ({ pat }, ids) =>
      pat.update(first(ids), { name: 'x', allowed_cidrs: ['192.0.2.0/24'] }, { requester: ROOT, dryRun: true }),
    ({ pat }, ids) => pat.update(first(ids).slice(0, 8), { router_port: 4002, enabled: false }, { requester: ROOT }),
    ({ pat }, ids) => pat.update(first(ids), { enabled: true, expires_at: null }, { requester: ROOT }),
    ({ pat }, ids) => pat.update(first(ids), {}, { requester: ROOT }),
    ({ pat }) => pat.update('ffffffff', { name: 'x' }, { requester: ROOT }),
  ],
  delete: [
    make,
    make,
    ({ pat }, ids) => pat.delete(ids, { requester: ROOT, dryRun: true }),
    ({ pat }, ids) => pat.delete([first(ids), 'ffffffff'], { requester: ROOT }),
    ({ pat }, ids) => pat.delete([first(ids), first(ids)], { requester: ROOT }),
    ({ pat }) => pat.list({}, ROOT),
  ],
  'get and list': [
    make,
    ({ pat }) => pat.create(full, { requester: ROOT }),
    ({ pat }, ids) => pat.get(first(ids), ROOT),
    ({ pat }) => pat.get('ffffffff', ROOT),
    ({ pat }) => pat.list({ status: 'DOWN' }, ROOT),
    ({ pat }) => pat.list({ router_id: ROUTER, server_ip: '10.20.0.99' }, ROOT),
    ({ pat }) => pat.list({ router_id: 'nowhere' }, ROOT),
  ],
  connections: [
    make,
    async ({ node }) =>
      node.router.connect(CALLER, { protocol: 'tcp', gateway_ip: MAPPING.gateway_ip, router_port: 4000 }),
    ({ pat }, ids) => pat.connections(first(ids), ROOT),
    ({ pat }) => pat.connections('ffffffff', ROOT),
  ],
  sync: [
    make,
    async ({ node }) => node.router.flush(),
    ({ pat }) => pat.sync(ROUTER, { requester: ROOT, dryRun: true }),
    ({ pat }) => pat.sync(ROUTER, { requester: ROOT }),
    ({ pat }) => pat.sync(ROUTER, { requester: ROOT, force: true }),
    ({ pat }) => pat.sync('nowhere', { requester: ROOT }),
  ],
  routers: [
    make,
    async ({ node }) => {
      node.dataplane.add(new FakeRouter(factsOf('west')));
      node.router.warnings = [{ code: 'BOTH_IPTABLES_VARIANTS', text: 'a warning' }];
      node.router.portsInUse = [
        { protocol: 'tcp', cidr: '0.0.0.0/0', first: 1, last: 2, kind: 'rule', text: 'a rule' },
      ];
      node.router.flush();
    },
    ({ routers }) => routers.list(ROOT),
    ({ routers }) => routers.show(ROUTER, ROOT),
    ({ routers }) => routers.show('nowhere', ROOT),
  ],
  'errors of the node': [
    async ({ node }) => node.dataplane.refuseNext(ROUTER),
    make,
    async ({ node }) =>
      node.dataplane.failNext('facts', praasError('TOOL_MISSING', { tool: 'ip', package: 'iproute2' })),
    ({ routers }) => routers.show(ROUTER, ROOT),
  ],
};

test.each(Object.keys(scenarios))('%s', async (name) => {
  const calls = scenarios[name] ?? [];

  const [local, overApi] = await Promise.all(sides.map((side) => play(side, calls)));

  expect(overApi).toEqual(local);
  expect(local).toHaveLength(calls.length);
});
