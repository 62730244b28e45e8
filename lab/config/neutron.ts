/** Neutron with its two agents: linuxbridge and L3. */
import { copyFileSync } from 'node:fs';
import { AMQP, ETC, NODE_NAME, PORTS, STATE } from '../place.ts';
import { account, BUS, database, ini, REGION, type Sections, tokens, unlimited, write } from './common.ts';

export function writeNeutron(): void {
  write('neutron/neutron.conf', ini(neutron()));
  write('neutron/rootwrap.conf', ini(rootwrap()));
  copyFileSync('/usr/share/neutron-common/api-paste.ini', `${ETC}/neutron/api-paste.ini`);
  write(
    'neutron/ml2_conf.ini',
    ini({
      ml2: {
        type_drivers: 'flat,vxlan',
        tenant_network_types: 'vxlan',
        mechanism_drivers: 'linuxbridge,l2population',
        extension_drivers: 'port_security',
      },
      ml2_type_flat: { flat_networks: 'provider' },
      ml2_type_vxlan: { vni_ranges: '1:10000' },
      securitygroup: { enable_security_group: true, enable_ipset: true },
    }),
  );
  const path = `${STATE}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const files = `--config-file ${ETC}/neutron/neutron.conf --config-file ${ETC}/neutron/linuxbridge_agent.ini`;
  write(
    'neutron/linuxbridge_agent.ini',
    ini({
      linux_bridge: { bridge_mappings: 'provider:br-provider' },
      vxlan: { enable_vxlan: true, local_ip: '192.0.2.1', l2_population: true },
      agent: { polling_interval: 1 },
      securitygroup: { enable_security_group: true, firewall_driver: 'iptables', enable_ipset: true },
      // So that it finds the ebtables of writePrograms.
      privsep: { helper_command: `env PATH=${path} privsep-helper ${files}` },
    }),
  );
  write(
    'neutron/l3_agent.ini',
    ini({
      DEFAULT: { interface_driver: 'linuxbridge', agent_mode: 'legacy', enable_metadata_proxy: true },
      agent: { extensions: 'port_forwarding' },
    }),
  );
}

function neutron(): Sections {
  const rootwrapFile = `${ETC}/neutron/rootwrap.conf`;
  return {
    DEFAULT: {
      host: NODE_NAME,
      state_path: `${STATE}/neutron`,
      bind_host: '127.0.0.1',
      bind_port: PORTS.network,
      core_plugin: 'ml2',
      service_plugins: 'router,port_forwarding',
      transport_url: AMQP,
      auth_strategy: 'keystone',
      api_paste_config: `${ETC}/neutron/api-paste.ini`,
      api_workers: 2,
      rpc_workers: 1,
      rpc_state_report_workers: 0,
      dhcp_agent_notification: false,
      l3_ha: false,
      agent_down_time: 75,
    },
    experimental: { linuxbridge: true },
    agent: {
      root_helper: `sudo neutron-rootwrap ${rootwrapFile}`,
      root_helper_daemon: `sudo neutron-rootwrap-daemon ${rootwrapFile}`,
      report_interval: 20,
    },
    database: { connection: database('neutron', 'neutron') },
    quotas: unlimited(
      ...['network', 'subnet', 'port', 'router', 'floatingip', 'security_group', 'security_group_rule'].map(
        (name) => `quota_${name}`,
      ),
    ),
    nova: { ...account('nova'), region_name: REGION },
    placement: { ...account('placement'), region_name: REGION },
    ...tokens('neutron'),
    ...BUS,
  };
}

/** Like that of the package, but the programs of the lab come first. */
function rootwrap(): Sections {
  const execDirs = [`${STATE}/bin`, '/sbin', '/usr/sbin', '/bin', '/usr/bin'].join(',');
  const filtersPath = ['/etc/neutron/rootwrap.d', '/usr/share/neutron/rootwrap'].join(',');
  return { DEFAULT: { filters_path: filtersPath, exec_dirs: execDirs, daemon_timeout: 600, rlimit_nofile: 1024 } };
}
