/** A router as the API shows it. */
import type { Protocol } from '../mapping/mapping.ts';

export interface RouterSummary {
  readonly router_id: string;
  /** The name in OpenStack; null when it is not known. */
  readonly name: string | null;
  readonly project_id: string | null;
  readonly namespace: string;
  readonly gateway_ips: readonly string[];
  readonly mappings: number;
  /** Free ports of router_port_range on the first gateway address. */
  readonly free_ports: Readonly<Record<Protocol, number>>;
  /** Ports of mappings on the first gateway address, inside and outside router_port_range. */
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
  /** Mappings that have rules in the kernel. */
  readonly mappings_in_kernel: number;
  /** Unmanaged rules and listening processes that use ports of a gateway address. */
  readonly unmanaged: readonly string[];
  readonly warnings: readonly string[];
  /** The differences between the kernel and the store, just read. */
  readonly drift: Drift;
}

/** IDs of the mappings whose rules in the kernel differ from the record. */
export interface Drift {
  /** Desired, but not in the kernel as desired. */
  readonly missing: readonly string[];
  /** In the kernel, but not desired like that; a mapping whose rules were edited by hand is in both lists. */
  readonly unexpected: readonly string[];
}
