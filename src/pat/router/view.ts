/** A router as callers see it. */
import type { Protocol } from '../mapping/mapping.ts';

export interface RouterSummary {
  readonly router_id: string;
  /** In OpenStack; null where that is not known. */
  readonly name: string | null;
  readonly project_id: string | null;
  readonly namespace: string;
  readonly gateway_ips: readonly string[];
  readonly mappings: number;
  /** Ports of router_port_range that a new mapping could get on the first gateway address. */
  readonly free_ports: Readonly<Record<Protocol, number>>;
  /** Ports of the first gateway address that mappings have, inside and outside of the range. */
  readonly used_ports: Readonly<Record<Protocol, number>>;
}

/**
 * False for the namespace of a VM or of DHCP: it has no gateway address, no router's name and no mapping. Neutron's l3 agent
 * names the namespaces of its routers qrouter-ID and, for DVR, snat-ID.
 */
export function isRouter({ gateway_ips, name, namespace, mappings }: RouterSummary): boolean {
  return gateway_ips.length > 0 || name !== null || mappings > 0 || /^(?:qrouter|snat)-/.test(namespace);
}

export interface RouterDetails extends RouterSummary {
  readonly networks: readonly string[];
  /** Mappings of ours with something in the kernel. */
  readonly mappings_in_kernel: number;
  /** Rules and listening programs of others that take ports on a gateway address. */
  readonly unmanaged: readonly string[];
  readonly warnings: readonly string[];
  /** By what the kernel differs from the store at this moment. */
  readonly drift: Drift;
}

/** Mappings of ours by which the kernel differs from the record, by id. */
export interface Drift {
  /** Not in the kernel as they should be. */
  readonly missing: readonly string[];
  /** In the kernel as they should not be; a mapping edited by hand is in both lists. */
  readonly unexpected: readonly string[];
}
