/** Nova, whose servers are only pretended. */
import { copyFileSync } from 'node:fs';
import { AMQP, ETC, NODE_NAME, PORTS, STATE } from '../place.ts';
import { account, BUS, database, ini, REGION, type Sections, tokens, unlimited, write } from './common.ts';

export function writeNova(): void {
  const common: Sections = {
    DEFAULT: {
      host: NODE_NAME,
      myIp: '127.0.0.1',
      statePath: `${STATE}/nova`,
      transportUrl: AMQP,
      computeDriver: 'fake.FakeDriver',
      // Tests take the broker away; the one node is not silent for being slow to reach it again.
      serviceDownTime: 600,
      reservedHostMemoryMb: 0,
      reservedHostDiskMb: 0,
      vifPluggingIsFatal: false,
      vifPluggingTimeout: 0,
      enabledApis: 'osapi_compute',
    },
    api: { authStrategy: 'keystone' },
    wsgi: { apiPasteConfig: `${ETC}/nova/api-paste.ini` },
    conductor: { workers: 1 },
    scheduler: { workers: 1, discoverHostsInCellsInterval: 30 },
    quota: unlimited('instances', 'cores', 'ram', 'key_pairs', 'server_groups'),
    notifications: { notificationFormat: 'unversioned', notifyOnStateChange: 'vm_and_task_state' },
    vnc: { enabled: false },
    glance: { apiServers: `http://127.0.0.1:${PORTS.image}` },
    serviceUser: { ...account('nova'), sendServiceUserToken: true },
    neutron: { ...account('neutron'), region_name: REGION },
    placement: { ...account('placement'), region_name: REGION },
    ...tokens('nova'),
    ...BUS,
  };
  const databases: Sections = {
    apiDatabase: { connection: database('nova', 'nova_api') },
    database: { connection: database('nova', 'nova') },
  };
  write('nova/nova.conf', ini({ ...common, ...databases }));
  // nova-compute refuses to start where it could reach a database.
  write('nova/nova-cpu.conf', ini(common));
  copyFileSync('/usr/share/nova-common/api-paste.ini', `${ETC}/nova/api-paste.ini`);
}
