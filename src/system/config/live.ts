/** The configuration of a daemon: the one in force, and what may change in it without a restart. */
import { type Config, KEY_NAMES, type KeyName } from './keys.ts';

/** Everything else is built into the daemon's parts when it starts. */
const RELOADABLE: readonly KeyName[] = [
  'legacy_api_allow',
  'masquerade',
  'max_removals',
  'policy_path',
  'quota_mappings',
  'quota_ports',
  'reconcile_period',
  'reserved_ports',
  'retain',
  'router_port_range',
  'second_monitoring',
  'tls_cert',
  'tls_key',
  'trusted_proxies',
];

export class LiveConfig {
  #current: Config;

  constructor(config: Config) {
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  /** Keys of `next` that differ from the configuration in force and count only after a restart. */
  fixed(next: Config): readonly KeyName[] {
    return KEY_NAMES.filter(
      (key) => !RELOADABLE.includes(key) && JSON.stringify(next[key]) !== JSON.stringify(this.#current[key]),
    );
  }

  /** Takes what may change; the rest stays as it was at the start. */
  apply(next: Config): void {
    const changes = Object.fromEntries(RELOADABLE.map((key) => [key, next[key]]));
    this.#current = Object.freeze({ ...this.#current, ...changes });
  }
}
