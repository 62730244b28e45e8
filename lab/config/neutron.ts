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
        typeDrivers: 'flat,vxlan',
        tenantNetworkTypes: 'vxlan',
        mechanismDrivers: 'linuxbridge,l2population',
        extensionDrivers: 'port_security',
      },
      ml2TypeFlat: { flatNetworks: 'provider' },
      ml2TypeVxlan: { vniRanges: '1:10000' },
      securitygroup: { enableSecurityGroup: true, enableIpset: true },
    }),
  );
  const path = `${STATE}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const files = `--config-file ${ETC}/neutron/neutron.conf --config-file ${ETC}/neutron/linuxbridge_agent.ini`;
  write(
    'neutron/linuxbridge_agent.ini',
    ini({
      linuxBridge: { bridgeMappings: 'provider:br-provider' },
      vxlan: { enableVxlan: true, localIp: '192.0.2.1', l2Population: true },
      agent: { pollingInterval: 1 },
      securitygroup: { enableSecurityGroup: true, firewallDriver: 'iptables', enableIpset: true },
      // So that it finds the ebtables of writePrograms.
      privsep: { helperCommand: `env PATH=${path} privsep-helper ${files}` },
    }),
  );
  write(
    'neutron/l3_agent.ini',
    ini({
      DEFAULT: { interfaceDriver: 'linuxbridge', agentMode: 'legacy', enableMetadataProxy: true },
      agent: { extensions: 'port_forwarding' },
    }),
  );
}

function neutron(): Sections {
  const rootwrapFile = `${ETC}/neutron/rootwrap.conf`;
  return {
    DEFAULT: {
      host: NODE_NAME,
      statePath: `${STATE}/neutron`,
      bindHost: '127.0.0.1',
      bindPort: PORTS.network,
      corePlugin: 'ml2',
      servicePlugins: 'router,port_forwarding',
      transportUrl: AMQP,
      authStrategy: 'keystone',
      apiPasteConfig: `${ETC}/neutron/api-paste.ini`,
      apiWorkers: 2,
      rpcWorkers: 1,
      rpcStateReportWorkers: 0,
      dhcpAgentNotification: false,
      l3Ha: false,
      agentDownTime: 75,
    },
    experimental: { linuxbridge: true },
    agent: {
      rootHelper: `sudo neutron-rootwrap ${rootwrapFile}`,
      rootHelperDaemon: `sudo neutron-rootwrap-daemon ${rootwrapFile}`,
      reportInterval: 20,
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
  return { DEFAULT: { filtersPath: filtersPath, execDirs: execDirs, daemonTimeout: 600, rlimitNofile: 1024 } };
}
