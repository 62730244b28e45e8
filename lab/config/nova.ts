/** Nova, whose servers are only pretended. */
import { copyFileSync } from 'node:fs';
import { AMQP, ETC, NODE_NAME, PORTS, STATE } from '../place.ts';
import { account, BUS, database, ini, REGION, type Sections, tokens, unlimited, write } from './common.ts';

export function writeNova(): void {
  const common: Sections = {
    DEFAULT: {
      host: NODE_NAME,
      my_ip: '127.0.0.1',
      state_path: `${STATE}/nova`,
      transport_url: AMQP,
      compute_driver: 'fake.FakeDriver',
      // Tests take the broker away; the one node is not silent for being slow to reach it again.
      service_down_time: 600,
      reserved_host_memory_mb: 0,
      reserved_host_disk_mb: 0,
      vif_plugging_is_fatal: false,
      vif_plugging_timeout: 0,
      enabled_apis: 'osapi_compute',
    },
    api: { auth_strategy: 'keystone' },
    wsgi: { api_paste_config: `${ETC}/nova/api-paste.ini` },
    conductor: { workers: 1 },
    scheduler: { workers: 1, discover_hosts_in_cells_interval: 30 },
    quota: unlimited('instances', 'cores', 'ram', 'key_pairs', 'server_groups'),
    notifications: { notification_format: 'unversioned', notify_on_state_change: 'vm_and_task_state' },
    vnc: { enabled: false },
    glance: { api_servers: `http://127.0.0.1:${PORTS.image}` },
    service_user: { ...account('nova'), send_service_user_token: true },
    neutron: { ...account('neutron'), region_name: REGION },
    placement: { ...account('placement'), region_name: REGION },
    ...tokens('nova'),
    ...BUS,
  };
  const databases: Sections = {
    api_database: { connection: database('nova', 'nova_api') },
    database: { connection: database('nova', 'nova') },
  };
  write('nova/nova.conf', ini({ ...common, ...databases }));
  // nova-compute refuses to start where it could reach a database.
  write('nova/nova-cpu.conf', ini(common));
  copyFileSync('/usr/share/nova-common/api-paste.ini', `${ETC}/nova/api-paste.ini`);
}
