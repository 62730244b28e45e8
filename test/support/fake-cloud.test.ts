/** The cloud in memory passes the same contract as a real one. */
import { testCloud } from './cloud-contract.ts';
import { DEMO, FakeCloud, OTHER, OTHER_ROUTER, OTHERWEB_PORT, WEB, WEB_PORT } from './fake-cloud.ts';
import { GATEWAY, idOf, ROUTER } from './samples.ts';

testCloud(async () => ({
  cloud: new FakeCloud(),
  project_id: DEMO,
  router: { id: ROUTER, name: 'edge', gateway_ip: GATEWAY },
  server: { id: WEB, name: 'web', ip: '10.20.0.51' },
  port: { id: WEB_PORT, network_id: idOf(130) },
  security_group: { id: idOf(150), name: 'web' },
  other: { project_id: OTHER, router_id: OTHER_ROUTER, port_id: OTHERWEB_PORT },
}));
