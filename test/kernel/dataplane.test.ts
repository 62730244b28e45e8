import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { dataplaneContract } from '../support/dataplane-contract.ts';
import { testWorld } from '../support/world.ts';

for (const backend of BACKENDS) {
  dataplaneContract(`${backend} in a plain namespace`, async () => {
    const { router_id, remove } = await testWorld({ router: 'plain' });
    return { dataplane: realDataplane(backend), router_id, remove };
  });
  dataplaneContract(`${backend} beside Neutron's rules`, async () => {
    const { router_id, remove } = await testWorld({ router: 'neutron', neutronRules: true });
    return { dataplane: realDataplane(backend), router_id, remove };
  });
}
