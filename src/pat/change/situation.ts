/** What a change is decided on, and what a decision is. */
import type { PortRange } from '../../core/values/port-range.ts';
import type { RouterView } from '../interfaces/agent.ts';
import type { Mapping, Masquerade } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';

/** What the operator configured. */
export interface PatSettings {
  readonly router_port_range: PortRange;
  readonly reserved_ports: readonly number[];
  /** For mappings that do not say. */
  readonly masquerade: Masquerade;
}

export interface Situation {
  readonly record: RouterRecord;
  /** Undefined when the router is not on this node: then nothing can be checked against it. */
  readonly router: Pick<RouterView, 'facts' | 'portsInUse' | 'unmanagedRules'> | undefined;
  readonly settings: PatSettings;
  readonly now: Date;
  /** The caller knows better than the checks that --force passes. */
  readonly force: boolean;
}

export interface Decision {
  readonly delta: Delta;
  readonly mapping: Mapping;
}

/** A condition on the mapping as it is when its turn has come. Throws what is to be said when it does not hold. */
export type Condition = (mapping: Mapping) => void;
