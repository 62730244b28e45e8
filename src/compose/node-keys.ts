/** The keys of [praas] that are about the node, whichever product it serves: addresses, paths, time-outs. */
import {
  absolutePath,
  absolutePaths,
  ipAddress,
  ipNetworks,
  limit,
  limitFromOne,
  name,
  oneOf,
  optionalPath,
  port,
  seconds,
} from '../core/settings/kinds.ts';
import { key, type Section } from '../core/settings/sections.ts';

export const NODE_KEYS = {
  port_app: key(port, '3000', 'TCP port of the REST API'),
  listen_address: key(ipAddress, '127.0.0.1', 'listen address of the REST API (0.0.0.0 for all interfaces)'),
  tls_cert: key(optionalPath, '', 'PEM file of the TLS certificate and its chain (empty for plain HTTP)', {
    isReloadable: true,
  }),
  tls_key: key(optionalPath, '', 'PEM file of the private key of tls_cert', { isReloadable: true }),
  socket_path: key(absolutePath, '/run/praas/praas.sock', 'Unix socket of the REST API, for root on this node'),
  trusted_proxies: key(ipNetworks, '', 'reverse proxies trusted to name the client address (empty for none)', {
    isReloadable: true,
  }),
  max_connections: key(
    limit,
    '2048',
    'connections of the REST API at a time (fewer where the process may open fewer files)',
    {
      isReloadable: true,
    },
  ),
  max_connections_per_address: key(limit, '256', 'connections of one address or IPv6 /64 at a time', {
    isReloadable: true,
  }),
  max_requests_per_address: key(
    limit,
    '128',
    'requests of one address or IPv6 /64 without a valid token under way at a time',
    {
      isReloadable: true,
    },
  ),
  max_requests_per_caller: key(
    limit,
    '64',
    'requests of one project, or token without a project, under way at a time',
    {
      isReloadable: true,
    },
  ),
  failed_authentications_per_minute: key(
    limitFromOne,
    '10',
    'invalid tokens of one address or IPv6 /64 per minute, after which only known tokens pass',
    { isReloadable: true },
  ),
  writes_per_minute: key(limit, '600', 'changes of one project, or token without a project, per minute', {
    isReloadable: true,
  }),
  tokens_path: key(absolutePath, '/usr/local/etc/praas/tokens.json', 'file of the API tokens'),
  policy_path: key(
    absolutePath,
    '/usr/local/etc/praas/policy.yaml',
    'policy file (the default policy applies without it)',
    { isReloadable: true },
  ),
  state_dir: key(absolutePath, '/var/lib/praas', 'state directory'),
  log_dir: key(absolutePath, '/var/log/praas', 'log directory'),
  clouds_path: key(
    absolutePath,
    '/usr/local/etc/praas/clouds.yaml',
    'clouds.yaml of the service user (the node works without OpenStack where it is missing)',
  ),
  cloud_name: key(name, '', 'cloud to use from clouds_path (required with more than one)'),
  backend: key(oneOf('iptables', 'nftables'), 'iptables', 'packet filter backend'),
  programs_path: key(
    absolutePaths,
    '/usr/sbin:/usr/bin:/sbin:/bin',
    'directories of the programs that praas runs (the PATH of the caller is not used)',
  ),
  netns_dir: key(absolutePath, '/run/netns', 'directory of the network namespaces'),
  neutron_lock_path: key(
    absolutePaths,
    '/var/lib/neutron/lock:/var/lib/neutron/tmp',
    'directories to search for the lock files of Neutron',
  ),
  lock_timeout_seconds: key(seconds(3600), '30', 'maximum wait for the lock of state_dir', {
    formerly: 'lock_timeout',
  }),
  command_timeout_seconds: key(seconds(3600), '30', 'maximum run time of a command such as iptables-restore', {
    formerly: 'command_timeout',
  }),
  xtables_wait_seconds: key(seconds(600), '10', 'maximum wait for the xtables lock and the Neutron lock', {
    formerly: 'xtables_wait',
  }),
} as const satisfies Section;
