/** The settings of published ports in a daemon, whose configuration may be reloaded. */
import type { PatSettings } from '../pat/change/situation.ts';
import type { LiveConfig } from './live-config.ts';
import { patSettingsOf } from './node.ts';

/** The settings of the configuration that is in force at the time of each call. */
export function livePolicy(settings: LiveConfig): PatSettings {
  const current = (): PatSettings => patSettingsOf(settings.current);
  return {
    get router_port_range() {
      return current().router_port_range;
    },
    get reserved_ports() {
      return current().reserved_ports;
    },
    get masquerade() {
      return current().masquerade;
    },
  };
}
