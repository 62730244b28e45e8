/** Judges the hops of a check, one function for each hop: from what was observed to a verdict for the mapping. Pure. */
import { levelOf, type Usage, usageText } from '../../core/values/usage.ts';
import type {
  CloudPort,
  CloudRouter,
  CloudServer,
  RouterHost,
  SecurityGroup,
  SecurityGroupRule,
} from '../interfaces/cloud.ts';
import type { ProbeResult } from '../interfaces/prober.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Counters } from '../mapping/view.ts';
import { scopeMarkFor } from '../router/address-scope.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { Drift } from '../router/view.ts';
import { missingAccess, missingText } from '../target/security.ts';
import { failed, type Hop, ok, skipped, unknown, warning } from './report.ts';

export function judgeMapping({ id, enabled, status, status_code, status_reason, expires_at }: Mapping): Hop {
  if (!enabled) {
    return failed('mapping', 'the mapping is disabled', `Run \`praas pat update ${id} --enable\` to publish it.`);
  }
  if (status === 'ACTIVE') return ok('mapping', `ACTIVE${expires_at === null ? '' : ` until ${expires_at}`}`);
  if (status_code === 'EXPIRED') {
    const step = `Run \`praas pat update ${id} --expires never\` to publish it.`;
    return failed('mapping', `the mapping ${status_reason}`, step);
  }
  // The hop that is the cause of another status explains it.
  return unknown('mapping', status_reason === '' ? status : `${status}: ${status_reason}`);
}

/** `router` is undefined where Neutron has no router of that ID. */
export function judgeNeutronRouter(router: CloudRouter | undefined, { router_id, gateway_ip }: Mapping): Hop {
  if (router === undefined) return failed('router', 'the router was deleted in Neutron', 'Delete the mapping.');
  const { name, isUp, gateway_ips } = router;
  if (!isUp) {
    const step = `Run \`openstack router set --enable ${name}\`.`;
    return failed('router', `router ${name} is disabled (admin_state_up is false)`, step);
  }
  if (gateway_ips.length === 0) {
    const step = `Run \`openstack router set --external-gateway NETWORK ${name}\`.`;
    return failed('router', `router ${name} has no external gateway`, step);
  }
  if (!gateway_ips.includes(gateway_ip)) {
    const detail = `${gateway_ip} is not a gateway address of router ${name} (addresses: ${gateway_ips.join(', ')})`;
    const step = `Run \`praas router sync ${router_id}\` to move the mapping to the gateway address of the router.`;
    return failed('router', detail, step);
  }
  return ok('router', `${name} is enabled and has the gateway address ${gateway_ip}`);
}

/** `facts` are undefined where the router is not on this node, `hosts` where Neutron was not asked. */
export function judgeNode(facts: RouterFacts | undefined, hosts: readonly RouterHost[] | undefined): Hop {
  const names = hosts?.map(({ host, isAlive, ha_state }) => {
    const notes = [...(ha_state === null ? [] : [ha_state]), ...(isAlive ? [] : ['L3 agent not alive'])];
    return notes.length === 0 ? host : `${host} (${notes.join(', ')})`;
  });
  const where = names === undefined || names.length === 0 ? '' : `; it is scheduled to ${names.join(' and ')}`;
  if (facts === undefined) {
    return names?.length === 0
      ? failed(
          'node',
          'the router is not scheduled to any node',
          'Check the L3 agents: `openstack network agent list`.',
        )
      : failed('node', `the router is not on this node${where}`, 'Run the check on the node that has the router.');
  }
  if (facts.isStandby) return unknown('node', `standby HA instance on this node${where}`);
  return ok('node', `${facts.namespace} is on this node${where}`);
}

/**
 * `usage` is undefined where connections are not tracked. While a table overflows, the kernel keeps it above 95 % and drops new
 * connections; it does not log that for the namespace of a router. The limit is a setting of the node, so only a requester who
 * sees hosts is told how to raise it.
 */
export function judgeTableOfRouter(usage: Usage | undefined, showsHosts: boolean): Hop {
  if (usage === undefined) return skipped('connection_table', 'the kernel does not track connections');
  const entries = usageText(usage, 'entries');
  const step = showsHosts
    ? 'Raise net.netfilter.nf_conntrack_max on the node of the router with sysctl.'
    : 'Ask the operator of the cloud to raise its limit.';
  switch (levelOf(usage)) {
    case 'critical': {
      const detail = `the connection table of the router is full or nearly full: ${entries}; a full table drops new connections`;
      return failed('connection_table', detail, step);
    }
    case 'high':
      return warning('connection_table', `the connection table of the router is filling up: ${entries}`, step);
    default:
      return ok('connection_table', entries);
  }
}

export function judgeRule({ id, router_id, enabled }: Mapping, { missing, unexpected }: Drift): Hop {
  if (!enabled) return skipped('rule', 'a disabled mapping has no rules');
  if (!missing.includes(id) && !unexpected.includes(id)) return ok('rule', 'the rules match the store');
  const step = `Run \`praas router sync ${router_id}\`, or wait for the next periodic reconcile of the PAT agent.`;
  return failed('rule', 'the rules of the mapping in the kernel differ from the store', step);
}

/** No packets are not a failure of the router: they were blocked before it, or no client has tried. */
export function judgeCounters(counters: Counters | null): Hop {
  if (counters === null) return skipped('counters', 'no counters yet: a running PAT agent reads them periodically');
  if (counters.packets === 0)
    return ok('counters', 'no packets seen: no client has connected, or traffic is blocked before the router');
  const last = counters.last_hit_at === null ? '' : `, the last at ${counters.last_hit_at}`;
  return ok('counters', `${counters.packets} connections${last}`);
}

export function judgeScope(facts: RouterFacts, { server_ip }: Mapping): Hop {
  const mark = scopeMarkFor(facts, server_ip);
  return mark === undefined
    ? ok('address_scope', 'no address scope blocks the packets')
    : ok('address_scope', `packets get the mark of the inside address scope, 0x${mark.toString(16)}`);
}

export function judgeGroups(
  port: CloudPort,
  groups: readonly SecurityGroup[],
  rules: readonly SecurityGroupRule[],
  mapping: Mapping,
): Hop {
  // Packets to a virtual address arrive at the ports of the servers that carry it.
  if (mayBeVirtual(port)) return skipped('security_group', 'those of the servers that carry the address apply');
  if (!port.hasPortSecurity) return ok('security_group', 'port security is disabled: all packets are allowed');
  const missing = missingAccess(port, rules, mapping);
  const names = groups.map(({ name }) => name).join(', ') || 'none';
  if (missing.length === 0) return ok('security_group', `allowed by ${names}`);
  const dropped = missing.map(missingText).join(' and ');
  const step = 'Add an ingress rule, or create the mapping again with --open-security-group.';
  return failed('security_group', `the security groups of the server (${names}) drop ${dropped}`, step);
}

const VIRTUAL =
  'the port is not bound to a host and belongs to no server; it may hold a virtual address (keepalived, Octavia)';

/** Servers carry a virtual address on their own ports: the port that holds it is DOWN and unbound, and that is right. */
export function mayBeVirtual({ host, device_owner }: CloudPort): boolean {
  return host === '' && !device_owner.startsWith('compute:');
}

/** The port of an address that answers. */
export function judgeVirtualPort(port: Hop): Hop {
  return port.verdict === 'unknown' && port.detail === VIRTUAL ? ok('port', VIRTUAL) : port;
}

/** `port` is undefined where Neutron has no port of that ID. */
export function judgeNeutronPort(port: CloudPort | undefined, { id, server_ip }: Mapping, showsHosts: boolean): Hop {
  if (port === undefined) {
    const step = 'Delete the mapping, or wait for the monitor if the server has a new port.';
    return failed('port', 'the port was deleted in Neutron', step);
  }
  const addresses = port.fixed_ips.map(({ ip_address }) => ip_address);
  if (!addresses.includes(server_ip)) {
    const detail = `${server_ip} is not an address of the port (addresses: ${addresses.join(', ') || 'none'})`;
    const [address] = addresses;
    const step =
      address === undefined ? 'Add an address to the port.' : `Run \`praas pat update ${id} --server-ip ${address}\`.`;
    return failed('port', detail, step);
  }
  if (!port.isUp) {
    const step = `Run \`openstack port set --enable ${port.id}\`.`;
    return failed('port', 'the port is disabled (admin_state_up is false)', step);
  }
  if (mayBeVirtual(port)) return unknown('port', VIRTUAL);
  if (port.host === '') return failed('port', 'the port is not bound to a host', 'Start the server.');
  if (port.status !== 'ACTIVE') {
    const agent = `the network agent ${showsHosts ? `on ${port.host}` : 'of its host'}`;
    return failed('port', `the port is ${port.status}`, `Check the server and ${agent}.`);
  }
  return ok('port', showsHosts ? `ACTIVE on ${port.host}` : 'ACTIVE');
}

/**
 * `server` is undefined where Nova has no server of that ID. The owner of a port can write the ID of any server on it, so a
 * server of another project is treated as deleted, and nothing is said about it.
 */
export function judgeServer(server: CloudServer | undefined, port?: CloudPort): Hop {
  if (server === undefined || (port !== undefined && port.project_id !== server.project_id))
    return failed('server', 'the server was deleted in Nova', 'Delete the mapping.');
  const { name, status } = server;
  if (status === 'ACTIVE') return ok('server', `${name} is ACTIVE`);
  const step = status === 'SHUTOFF' ? `openstack server start ${name}` : `openstack server show ${name}`;
  return failed('server', `server ${name} is ${status}`, `Run \`${step}\`.`);
}

/** True when the security groups allow every source, and so also the router, which probes the server. */
export function allowsAnySource(port: CloudPort, rules: readonly SecurityGroupRule[], mapping: Mapping): boolean {
  return missingAccess(port, rules, { ...mapping, allowed_cidrs: [] }).length === 0;
}

/**
 * `allowsRouter`: the security groups allow packets of the router, so that a timeout is significant; undefined where it is not
 * known which apply.
 */
export function judgeConnection(reached: ProbeResult, mapping: Mapping, allowsRouter: boolean | undefined): Hop {
  const server = `${mapping.server_ip}:${mapping.server_port}`;
  if (reached === 'timeout' && allowsRouter === undefined) {
    return unknown('connection', `no response from ${server}; its security groups may drop the packets of the router`);
  }
  if (reached === 'timeout' && !allowsRouter) {
    return unknown('connection', 'cannot be probed: the security groups drop the packets of the router');
  }
  switch (reached) {
    case 'open':
      return ok('connection', `${server} accepts connections from the router`);
    case 'refused': {
      const step = 'Start the service on the server, listening on all its addresses.';
      return failed('connection', `connection refused: no process listens on ${server}`, step);
    }
    case 'timeout': {
      const step = 'Check the firewall of the server and the security groups.';
      return failed('connection', `no response from ${server}: packets from the router are dropped`, step);
    }
    default:
      return failed('connection', `${server} is unreachable: no host has the address`, 'Check that the server runs.');
  }
}
