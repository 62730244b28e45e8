/** The adapter on a real Keystone, Neutron and Nova keeps what the domain relies on. */
import { afterAll } from '@jest/globals';
import { CLOUDS_FILE } from '../../lab/place.ts';
import { type BuiltCloud, buildCloud } from '../../src/compose/cloud.ts';
import { testCloud } from '../support/cloud-contract.ts';
import { ListLog } from '../support/fake-node.ts';
import { gatewayOf, guest, routerOf, TENANTS } from '../support/lab.ts';

let joined: BuiltCloud | undefined;
afterAll(() => joined?.close());

testCloud(async () => {
  joined = await buildCloud({ clouds_path: CLOUDS_FILE, cloud_name: 'lab-admin' }, {}, new ListLog());
  if (joined === undefined) throw new Error(`there is no ${CLOUDS_FILE}`);
  const [web, otherweb, edge] = [guest('web'), guest('otherweb'), await routerOf('edge')];
  const group = await TENANTS.demo.find('network', 'security-groups', 'web');
  return {
    cloud: joined.cloud,
    project_id: edge.project_id,
    router: { id: edge.id, name: 'edge', gateway_ip: await gatewayOf('edge') },
    server: { id: web.server_id, name: 'web', ip: web.ip },
    port: { id: web.port_id, network_id: web.network_id },
    security_group: { id: group.id, name: 'web' },
    other: {
      project_id: (await routerOf('edge-other')).project_id,
      router_id: (await routerOf('edge-other')).id,
      port_id: otherweb.port_id,
    },
  };
});
