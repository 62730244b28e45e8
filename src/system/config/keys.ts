/**
 * Every key of praas.conf, described once: what it may be, its default as a user would write it, and what it is for. The
 * parser, `praas config show`, the sample file and the error texts all come from this table, in this order.
 */
import {
  absolutePath,
  absolutePaths,
  cloudName,
  days,
  ipAddress,
  ipNetworks,
  ipv4Networks,
  type Kind,
  oneOf,
  optionalPath,
  percent,
  port,
  portRange,
  ports,
  quota,
  seconds,
  transportUrl,
} from './values.ts';

export interface Key<T> {
  readonly kind: Kind<T>;
  /** The default, as text. */
  readonly fallback: string;
  readonly description: string;
}

const key = <T>(kind: Kind<T>, fallback: string, description: string): Key<T> => ({ kind, fallback, description });

export const KEYS = {
  port_app: key(port, '3000', 'TCP port on which the RESTful API listens'),
  router_port_range: key(portRange, '4000:4100', 'router ports that are handed out when a mapping names none'),
  second_monitoring: key(seconds(86_400), '30', 'seconds between two comparisons of the mappings with the cloud'),
  notifications: key(transportUrl, '', 'URL of the message broker that tells at once what happens in OpenStack'),
  max_removals: key(
    percent,
    '10',
    'percent of the mappings that may be removed at once without being asked (10 mappings always may)',
  ),
  retain: key(days(3650), '7', 'days for which the events of mappings are kept, those of mappings that are gone too'),
  port_monitor: key(port, '3001', 'TCP port on which the monitor agent says how it is'),
  listen_address: key(ipAddress, '127.0.0.1', 'address on which the RESTful API listens, all where it is zeros'),
  tls_cert: key(optionalPath, '', 'PEM file of the certificate, with its chain (without it the API is plain HTTP)'),
  tls_key: key(optionalPath, '', 'PEM file of the key that belongs to the certificate'),
  socket_path: key(absolutePath, '/run/praas/praas.sock', 'Unix socket of the daemon, for root on this node'),
  trusted_proxies: key(ipNetworks, '', 'reverse proxies trusted to name the client address (empty for none)'),
  legacy_api_allow: key(
    ipv4Networks,
    '',
    'addresses that may use the old API without a token, besides this node itself',
  ),
  reconcile_period: key(seconds(3600), '30', 'seconds between two comparisons of the rules with the mappings'),
  state_dir: key(absolutePath, '/var/lib/praas', 'directory of the mappings, one file per router'),
  tokens_path: key(absolutePath, '/usr/local/etc/praas/tokens.json', 'file of the API tokens'),
  clouds_path: key(
    absolutePath,
    '/usr/local/etc/praas/clouds.yaml',
    'clouds file of the service user (without the file this node works without OpenStack)',
  ),
  cloud_name: key(cloudName, '', 'name of the cloud in the clouds file (when there are several)'),
  policy_path: key(
    absolutePath,
    '/usr/local/etc/praas/policy.yaml',
    'file of who may do what (without the file the default policy holds)',
  ),
  quota_mappings: key(quota, '50', 'mappings that a project without a quota of its own may have'),
  quota_ports: key(quota, '50', 'mappings that a project without a quota of its own may have on one router'),
  log_dir: key(absolutePath, '/var/log/praas', 'directory of the log files'),
  backend: key(oneOf('iptables', 'nftables'), 'iptables', 'what the rules are written with'),
  masquerade: key(
    oneOf('auto', 'always', 'never'),
    'auto',
    'whether servers see the router instead of the caller, for new mappings that do not say it',
  ),
  netns_dir: key(absolutePath, '/run/netns', 'directory in which network namespaces have their names'),
  neutron_lock_path: key(
    absolutePaths,
    '/var/lib/neutron/lock:/var/lib/neutron/tmp',
    'directories in which the lock files of Neutron are looked for',
  ),
  reserved_ports: key(
    ports,
    '500,1701,4500,9697',
    'router ports that are never handed out (VPN and metadata of Neutron)',
  ),
  lock_timeout: key(seconds(3600), '30', 'seconds to wait for another praas that is changing the state'),
  command_timeout: key(seconds(3600), '30', 'seconds after which a program such as iptables is killed'),
  xtables_wait: key(seconds(600), '10', 'seconds to wait for the xtables lock'),
} as const;

export type KeyName = keyof typeof KEYS;

export type Config = { readonly [N in KeyName]: (typeof KEYS)[N] extends Key<infer T> ? T : never };

export function isKeyName(text: string): text is KeyName {
  return Object.hasOwn(KEYS, text);
}

/** All keys, in the order in which they are shown. */
export const KEY_NAMES: readonly KeyName[] = Object.freeze(Object.keys(KEYS).filter(isKeyName));

/** The environment variable that overrides a key. */
export function variableOf(name: KeyName): string {
  return `PRAAS_${name.toUpperCase()}`;
}
