// The ruleset in the kernel, as its own tools print it, for every kind of mapping. Options without an effect in
// the kernel (name, expiry, description) have no golden file: they are not in a Forward.
import { afterEach, test } from '@jest/globals';
import type { Forward } from '../../src/pat/mapping/forward.ts';
import { plan } from '../../src/pat/plan/plan.ts';
import { setScope } from '../support/address-scope.ts';
import { realDataplane } from '../support/dataplane.ts';
import { expectGolden } from '../support/golden.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const BASE: Forward = {
  mapping_id: '00000000-0000-4000-8000-000000000001',
  protocol: 'tcp',
  gateway_ip: '203.0.113.10',
  router_port: 4001,
  server_ip: '10.20.0.51',
  server_port: 22,
  allowed_cidrs: [],
  masquerade: false,
  scopeMark: undefined,
};
const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const KINDS: Readonly<Record<string, readonly Forward[]>> = {
  plain: [BASE],
  udp: [{ ...BASE, protocol: 'udp', server_port: 53 }],
  masquerade: [{ ...BASE, masquerade: true }],
  allowed: [{ ...BASE, allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] }],
  several: [
    { ...BASE, allowed_cidrs: ['198.51.100.0/24'], masquerade: true },
    { ...BASE, mapping_id: id(2), protocol: 'udp', masquerade: true },
    { ...BASE, mapping_id: id(3), router_port: 4002 },
  ],
};
let world: TestWorld | undefined;

afterEach(async () => {
  await world?.remove();
  world = undefined;
});

async function inKernel(backend: 'iptables' | 'nftables', forwards: readonly Forward[]): Promise<string> {
  world = await testWorld({ router: 'plain' });
  return applied(world, backend, forwards);
}

async function applied(
  { router_id, run }: TestWorld,
  backend: 'iptables' | 'nftables',
  forwards: readonly Forward[],
): Promise<string> {
  const dataplane = realDataplane(backend);
  const { missingBaseChains } = await dataplane.observe(router_id);
  await dataplane.apply(router_id, plan(forwards, [], missingBaseChains));
  if (backend === 'nftables') return sortElements(await run('nft', ['list', 'table', 'ip', 'praas']));
  return praasRules(await run('iptables-save', ['-t', 'nat']));
}

function praasRules(saved: string): string {
  return saved
    .split('\n')
    .filter((line) => line.startsWith('-A') && line.includes('custom-'))
    .join('\n')
    .concat('\n');
}

/** A hash lists its elements in an order that changes from one table to the next. */
function sortElements(listing: string): string {
  return listing.replace(/elements = \{ ([^}]*) \}/g, (_, elements: string) => {
    return `elements = { ${elements.split(/,\s+/).toSorted().join(', ')} }`;
  });
}

for (const [kind, forwards] of Object.entries(KINDS)) {
  test(`iptables: ${kind}`, async () => {
    expectGolden(`${kind}.iptables-save`, await inKernel('iptables', forwards));
  });
  test(`nftables: ${kind}`, async () => {
    expectGolden(`${kind}.nft`, await inKernel('nftables', forwards));
  });
}

test.each(['iptables', 'nftables'] as const)('%s: into an address scope', async (backend) => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
  await setScope(world, 0x4010000);
  const scoped = [
    { ...BASE, scopeMark: 0x4010000, allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] },
    { ...BASE, mapping_id: id(2), router_port: 4002 },
  ];
  const shown = await applied(world, backend, scoped);
  const mangle = praasRules(await world.run('iptables-save', ['-t', 'mangle']));
  if (backend === 'iptables') expectGolden('scope.iptables-save', `*mangle\n${mangle}*nat\n${shown}`);
  else expectGolden('scope.nft', shown);
});
