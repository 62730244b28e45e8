// Connections through the last of many mappings, against plain routing without any NAT.
import { ADDRESSES, namespacesOf, standardPlan } from '../../src/admin/demo/plan.ts';
import { World } from '../../src/admin/demo/world.ts';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Forward } from '../../src/pat/mapping/forward.ts';
import { plan } from '../../src/pat/plan/plan.ts';
import { newUuid } from '../../src/system/clock.ts';
import { ratios } from '../measure.ts';
import { newName } from '../namespaces.ts';
import { dataplaneOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';
import { caller, serve } from '../talker.ts';

const SERVER_PORT = 80;
const ONE_PORT = 4000;
/** Every port leads to the server; this one with masquerading. */
const MASQUERADED_PORT = 500;

type Call = (count: number) => Promise<number>;

/** A world of its own with a server. Gives the router's namespace and what calls an address from outside. */
async function world(options: Options): Promise<{ router: string; calls: (address: string, port: number) => Call }> {
  const prefix = newName();
  const names = { router: `${prefix}-router`, outsideInterface: 'ext0', insideInterface: 'int0', prefix };
  const built = new World(options.steady, standardPlan(names));
  options.later(() => built.remove());
  await built.build();
  const namespaces = namespacesOf(names);
  const inside = ['-n', namespaces.client, 'route', 'add', '10.20.0.0/24', 'via', ADDRESSES.gateway];
  await options.steady({ file: 'ip', args: inside });
  await serve(options, namespaces.web, SERVER_PORT);
  return { router: namespaces.router, calls: (address, port) => caller(options, namespaces.client, address, port) };
}

/** Publishes the server on ports from 1 on. */
async function publish(options: Options, backend: BackendName, router: string, count: number): Promise<void> {
  const forwards = Array.from({ length: count }, (_, index): Forward => {
    return {
      mapping_id: newUuid(),
      protocol: 'tcp',
      gateway_ip: ADDRESSES.gateway,
      router_port: index + 1,
      server_ip: ADDRESSES.web,
      server_port: SERVER_PORT,
      allowed_cidrs: [],
      masquerade: index + 1 === MASQUERADED_PORT,
      scopeMark: undefined,
    };
  });
  const dataplane = dataplaneOf(options.exec, backend);
  const { missingBaseChains: frame } = await dataplane.observe(router);
  await dataplane.apply(router, plan(forwards, [], frame));
}

/** The least that publishing a port can be: one rule in an otherwise empty router. */
async function publishByHand(options: Options, router: string): Promise<void> {
  const input = `add table ip hand
add chain ip hand prerouting { type nat hook prerouting priority dstnat; }
add rule ip hand prerouting ip daddr ${ADDRESSES.gateway} tcp dport ${ONE_PORT} dnat to ${ADDRESSES.web}:${SERVER_PORT}
`;
  const command = { file: 'ip', args: ['netns', 'exec', router, 'nft', '-f', '-'], input };
  const { exitCode, stderr } = await options.exec(command);
  if (exitCode !== 0) throw new Error(stderr);
}

async function measure(options: Options): Promise<Figure[]> {
  const many = options.quick ? 1_000 : 60_000;
  const [rounds, connections] = options.quick ? [5, 200] : [41, 500];
  const against = (a: Call, b: Call): Promise<number[]> =>
    ratios(
      rounds,
      () => a(connections),
      () => b(connections),
    );
  options.say(`connection: ${many} mappings, nftables`);
  const [nft, ipt, hand, plain, other] = [
    await world(options),
    await world(options),
    await world(options),
    await world(options),
    await world(options),
  ];
  const [routed, routedToo] = [plain, other].map(({ calls }) => calls(ADDRESSES.web, SERVER_PORT)) as [Call, Call];
  await publish(options, 'nftables', nft.router, many);
  await publish(options, 'iptables', ipt.router, 1_000);
  await publishByHand(options, hand.router);
  const last = nft.calls(ADDRESSES.gateway, many);
  const figures: Figure[] = [
    {
      title: `connection set-up through the last of ${many} mappings (nftables), against plain routing with no NAT`,
      bar: { atMost: 1.25 },
      ratios: await against(last, routed),
    },
    {
      title: 'the same, against one `dnat` rule of nftables in an otherwise empty router',
      ratios: await against(last, hand.calls(ADDRESSES.gateway, ONE_PORT)),
    },
    {
      title: `the same through a masqueraded mapping of the ${many}, against plain routing`,
      ratios: await against(nft.calls(ADDRESSES.gateway, MASQUERADED_PORT), routed),
    },
  ];
  options.say('connection: 1000 mappings, iptables');
  return [
    ...figures,
    {
      title: 'connection set-up through the last of 1000 mappings (iptables), against plain routing with no NAT',
      ratios: await against(ipt.calls(ADDRESSES.gateway, 1_000), routed),
    },
    {
      title: 'plain routing, against plain routing in other namespaces (the precision of these rows)',
      ratios: await against(routedToo, routed),
    },
  ];
}

export const connection: Row = {
  name: 'connection',
  measure: async (options) => ({ figures: await measure(options) }),
};
