/** What a real OpenStack says of a router, a port or a server that the domain knows. */
import type { CloudPort, CloudRouter, CloudServer } from '../../src/pat/interfaces/cloud.ts';
import type { Row } from './fake-openstack.ts';
import { idOf } from './samples.ts';

export function routerRow({ id, name, project_id, isUp, status, gateway_ips, isHa, isDistributed }: CloudRouter): Row {
  const external_fixed_ips = gateway_ips.map((ip_address) => ({ ip_address, subnet_id: idOf(141) }));
  return {
    id,
    name,
    project_id,
    admin_state_up: isUp,
    status,
    external_gateway_info: { network_id: idOf(140), enable_snat: true, external_fixed_ips },
    ha: isHa,
    distributed: isDistributed,
    tenant_id: project_id,
    routes: [],
    revision_number: 6,
  };
}

export function portRow({ isUp, host, hasPortSecurity, security_group_ids, ...port }: CloudPort): Row {
  return {
    ...port,
    admin_state_up: isUp,
    'binding:host_id': host,
    'binding:vif_details': { port_filter: true },
    port_security_enabled: hasPortSecurity,
    security_groups: security_group_ids,
    tenant_id: port.project_id,
  };
}

export function serverRow({ id, name, project_id, status }: CloudServer): Row {
  return { id, name, tenant_id: project_id, status, addresses: {}, 'OS-EXT-STS:task_state': null };
}
