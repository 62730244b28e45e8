/** How full the connection table of a router is, as the kernel counts it: for each namespace, against the limit of the node. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { realDataplane } from '../support/dataplane.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const ENTRIES = 200;

let full: TestWorld;
let empty: TestWorld;
let dataplane: NetfilterDataplane;

beforeAll(async () => {
  const make = (): Promise<TestWorld> => testWorld({ router: 'neutron', neutronRules: true });
  [full, empty] = await Promise.all([make(), make()]);
  dataplane = realDataplane('iptables');
});
afterAll(async () => {
  await Promise.all([full?.remove(), empty?.remove()]);
});

test('the entries of one router count for that router alone, against the limit of the node', async () => {
  const usedIn = async ({ router_id }: TestWorld): Promise<number> =>
    (await dataplane.connectionTable(router_id))?.used ?? Number.NaN;
  const [before, beforeElsewhere] = [await usedIn(full), await usedIn(empty)];

  await addEntries(full);

  // Those of the world itself may end meanwhile.
  expect(await usedIn(full)).toBeGreaterThanOrEqual(ENTRIES);
  expect(await usedIn(full)).toBeLessThanOrEqual(before + ENTRIES);
  expect(await usedIn(empty)).toBeLessThanOrEqual(beforeElsewhere);
  const limit = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8'));
  expect(await dataplane.connectionTable(full.router_id)).toMatchObject({ limit });
});

test('a router that is not here', async () => {
  await expect(dataplane.connectionTable('lost')).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
});

/** Datagrams from the documentation network, each from a port of its own, that have not been answered yet. */
async function addEntries({ run }: TestWorld): Promise<void> {
  const ports = Array.from({ length: ENTRIES }, (_, index) => 1024 + index);
  const lines = ports.map((port) => `-I -p udp -t 600 -s 192.0.2.1 -d 203.0.113.10 --sport ${port} --dport 53\n`);
  const script = 'file=$(mktemp) && cat >"$file" && conntrack --load-file "$file"; code=$?; rm "$file"; exit $code';
  await run('sh', ['-c', script], lines.join(''));
}
