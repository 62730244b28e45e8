// An empty list of a router that exists is not a typing error.
import { beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import { isKnownRouter } from '../../../src/pat/services/known-router.ts';
import { RouterService } from '../../../src/pat/services/router-service.ts';
import { type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { idOf, REQUEST, ROUTER } from '../../support/samples.ts';

let node: FakeNode;
let routers: RouterService;

beforeEach(() => {
  node = fakeNode();
  const { store, dataplane, clock, log } = node;
  routers = new RouterService({ store, dataplane, clock, agent: new Agent(dataplane, clock, log), settings: POLICY });
});

test('a router on the node is known, also without mappings', async () => {
  expect(await isKnownRouter({ pat: node.pat, routers }, ROUTER)).toBe(true);
});

test('a router that has left the node is known by its mappings', async () => {
  await node.pat.create(REQUEST);
  const show = async (): Promise<never> => {
    throw praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [] });
  };

  expect(await isKnownRouter({ pat: node.pat, routers: { show } }, ROUTER)).toBe(true);
});

test('a router that is neither on the node nor stored is not known', async () => {
  expect(await isKnownRouter({ pat: node.pat, routers }, idOf(99))).toBe(false);
});

test('a router that cannot be read at the moment may be known', async () => {
  const show = async (): Promise<never> => {
    throw praasError('TOOL_MISSING', { tool: 'ip', package: 'iproute2' });
  };

  expect(await isKnownRouter({ pat: node.pat, routers: { show } }, ROUTER)).toBe(true);
});
