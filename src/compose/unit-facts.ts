/** What the units of the services have to allow, by the configuration. */
import { dirname } from 'node:path';
import type { UnitFacts } from '../admin/install/units.ts';
import type { Config } from './config.ts';

/** Ports below need CAP_NET_BIND_SERVICE. */
const FIRST_UNPRIVILEGED_PORT = 1024;

export function unitFactsOf(executable: string, config: Config): UnitFacts {
  const { state_dir, log_dir, socket_path, tokens_path, neutron_lock_path, port_app } = config;
  return {
    executable,
    stateDirectory: state_dir,
    logDirectory: log_dir,
    writtenPaths: [state_dir, log_dir, dirname(socket_path), dirname(tokens_path), ...neutron_lock_path],
    readPaths: [config.clouds_path, config.policy_path, config.tls_cert, config.tls_key],
    hasLowPort: port_app < FIRST_UNPRIVILEGED_PORT,
  };
}
