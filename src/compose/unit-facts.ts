/** What of the configuration the units have to allow. */
import { dirname } from 'node:path';
import type { UnitFacts } from '../admin/install/units.ts';
import type { Config } from './config.ts';

const LOW_PORTS = 1024;

export function unitFactsOf(executable: string, config: Config): UnitFacts {
  const { state_dir, log_dir, socket_path, tokens_path, neutron_lock_path, port_app } = config;
  return {
    executable,
    state_dir,
    log_dir,
    written: [state_dir, log_dir, dirname(socket_path), dirname(tokens_path), ...neutron_lock_path],
    read: [config.clouds_path, config.policy_path, config.tls_cert, config.tls_key],
    hasLowPort: port_app < LOW_PORTS,
  };
}
