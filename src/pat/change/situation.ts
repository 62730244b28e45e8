/** What a change is decided on, and the result of a decision. */
import type { PortRange } from '../../core/values/port-range.ts';
import type { RouterView } from '../interfaces/agent.ts';
import type { Mapping, Masquerade } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';

/** From praas.conf. */
export interface PatSettings {
  readonly router_port_range: PortRange;
  readonly reserved_ports: readonly number[];
  /** The default of new mappings. */
  readonly masquerade: Masquerade;
}

export interface Situation {
  readonly record: RouterRecord;
  /** Undefined when the router is not on this node; then the checks against it are skipped. */
  readonly router: Pick<RouterView, 'facts' | 'portsInUse' | 'unmanagedRules'> | undefined;
  readonly settings: PatSettings;
  readonly now: Date;
  /** Skips the checks that --force skips. */
  readonly force: boolean;
}

export interface Decision {
  readonly delta: Delta;
  readonly mapping: Mapping;
}

/** A condition on a mapping as it is when the change runs. Throws when it does not hold. */
export type Condition = (mapping: Mapping) => void;
