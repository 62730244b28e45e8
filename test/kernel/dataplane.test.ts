import type { BackendName } from '../../src/netfilter/backend.ts';
import { setScope } from '../support/address-scope.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { type DataplaneUnderTest, dataplaneContract } from '../support/dataplane-contract.ts';
import { type TestWorld, type TestWorldOptions, testWorld } from '../support/world.ts';

const SCOPE = 0x4010000;

for (const backend of BACKENDS) {
  dataplaneContract(`${backend} in a plain namespace`, () => under(backend, { router: 'plain' }));
  dataplaneContract(`${backend} beside Neutron's rules`, () =>
    under(backend, { router: 'neutron', neutronRules: true }),
  );
  dataplaneContract(
    `${backend} where the network behind the router is in an address scope of its own`,
    () => under(backend, { router: 'neutron', neutronRules: true }, (world) => setScope(world, SCOPE)),
    SCOPE,
  );
}

async function under(
  backend: BackendName,
  options: TestWorldOptions,
  prepare?: (world: TestWorld) => Promise<void>,
): Promise<DataplaneUnderTest> {
  const world = await testWorld(options);
  await prepare?.(world);
  const { router_id, client, web, remove } = world;
  await Promise.all([web.listen({ protocol: 'tcp', port: 22 }), web.listen({ protocol: 'udp', port: 53 })]);
  const call: DataplaneUnderTest['call'] = async (sourceIp, { protocol, gateway_ip, router_port }) => {
    const heard = await client.connect({ protocol, address: gateway_ip, port: router_port, sourceIp });
    if ('error' in heard) throw new Error(`${sourceIp} to ${protocol} ${router_port}: ${heard.error}`);
  };
  return { dataplane: realDataplane(backend), router_id, call, remove };
}
