/** From what was seen to what it means for a mapping, one function for each hop. Pure. */
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
import { type Hop, ok, skipped, unknown, wrong } from './report.ts';

export function judgeMapping({ enabled, status, status_code, status_reason, expires_at }: Mapping): Hop {
  if (!enabled)
    return wrong('mapping', 'the mapping is disabled', '`praas pat update ID --enable` publishes it again.');
  if (status === 'ACTIVE') return ok('mapping', `ACTIVE${expires_at === null ? '' : ` until ${expires_at}`}`);
  if (status_code === 'EXPIRED') {
    return wrong(
      'mapping',
      `the mapping ${status_reason}`,
      '`praas pat update ID --expires never` publishes it again.',
    );
  }
  // What keeps it down is said by the hop where it is.
  return unknown('mapping', `${status}: ${status_reason}`);
}

/** `router` is undefined when Neutron has none of that ID. */
export function judgeRouter(router: CloudRouter | undefined, { gateway_ip }: Mapping): Hop {
  if (router === undefined) {
    return wrong('router', 'the router is not there in Neutron any more', 'Delete the mapping.');
  }
  const { name, isUp, gateway_ips } = router;
  if (!isUp) {
    return wrong('router', `router ${name} is set down`, `\`openstack router set --enable ${name}\` sets it up.`);
  }
  if (gateway_ips.length === 0) {
    const step = `\`openstack router set --external-gateway NETWORK ${name}\` sets one.`;
    return wrong('router', `router ${name} has no external gateway`, step);
  }
  if (!gateway_ips.includes(gateway_ip)) {
    const step = 'Mappings follow within seconds where the daemon runs; `praas router sync` moves them at once.';
    return wrong('router', `router ${name} has ${gateway_ips.join(', ')} and the mapping ${gateway_ip}`, step);
  }
  return ok('router', `${name} is up and has the gateway address ${gateway_ip}`);
}

/** `facts` are undefined when the router is not on this node, `hosts` when Neutron was not asked. */
export function judgeNode(facts: RouterFacts | undefined, hosts: readonly RouterHost[] | undefined): Hop {
  const named = hosts?.map(({ host, isAlive, ha_state }) => {
    const notes = [...(ha_state === null ? [] : [ha_state]), ...(isAlive ? [] : ['its agent does not answer'])];
    return notes.length === 0 ? host : `${host} (${notes.join(', ')})`;
  });
  const where = named === undefined || named.length === 0 ? '' : `; Neutron has it on ${named.join(' and ')}`;
  if (facts === undefined) {
    const step = named?.length === 0 ? "Neutron has not given it to any node: see its L3 agents' state." : '';
    return wrong('node', `the router is not on this node${where}`, step || 'Ask the daemon of the node that has it.');
  }
  if (facts.isStandby) return unknown('node', `the router stands by on this node${where}`);
  return ok('node', `${facts.namespace} is on this node${where}`);
}

export function judgeRule({ id, enabled }: Mapping, { missing, unexpected }: Drift): Hop {
  if (!enabled) return skipped('rule', 'a disabled mapping has none');
  if (!missing.includes(id) && !unexpected.includes(id)) return ok('rule', 'as it should be');
  const step = '`praas router sync` puts it back; a daemon does so by itself within reconcile_period.';
  return wrong('rule', 'the rules of the mapping in the kernel are not as they should be', step);
}

/** Nobody having come is no mistake, and says where to look. */
export function judgeCounters(counters: Counters | null): Hop {
  if (counters === null)
    return skipped('counters', 'nothing is known of them: the daemon counts, from its next look on');
  if (counters.packets === 0) {
    return ok('counters', 'nobody has come: who tried since then was stopped before the router');
  }
  const last = counters.last_hit_at === null ? '' : `, the last at ${counters.last_hit_at}`;
  return ok('counters', `${counters.packets} connections${last}`);
}

export function judgeScope(facts: RouterFacts, { server_ip }: Mapping): Hop {
  const mark = scopeMarkFor(facts, server_ip);
  return mark === undefined
    ? ok('address_scope', 'nothing is dropped for its scope')
    : ok('address_scope', `packets are given the mark of the inside scope, 0x${mark.toString(16)}`);
}

export function judgeGroups(
  port: CloudPort,
  groups: readonly SecurityGroup[],
  rules: readonly SecurityGroupRule[],
  mapping: Mapping,
): Hop {
  if (!port.hasPortSecurity) return ok('security_group', 'the port has no port security: everything passes');
  const missing = missingAccess(port, rules, mapping);
  const names = groups.map(({ name }) => name).join(', ') || 'none';
  if (missing.length === 0) return ok('security_group', `${names}: let it in`);
  const what = missing.map(missingText).join(' and ');
  const step = 'Add an ingress rule for it, or make the mapping anew with --open-security-group.';
  return wrong('security_group', `the server's security groups (${names}) drop ${what}`, step);
}

/** `port` is undefined when Neutron has none of that ID. */
export function judgePort(port: CloudPort | undefined, { server_ip }: Mapping, tellsNodes: boolean): Hop {
  if (port === undefined) {
    return wrong('port', 'the Neutron port is not there any more', 'Delete the mapping, and publish the new server.');
  }
  if (!port.fixed_ips.some(({ ip_address }) => ip_address === server_ip)) {
    const now = port.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
    const step = `\`praas pat update ID --server-ip ${port.fixed_ips[0]?.ip_address ?? 'IP'}\` follows it.`;
    return wrong('port', `the port has ${now || 'no address'} now, and the mapping leads to ${server_ip}`, step);
  }
  if (!port.isUp) return wrong('port', 'the port is set down', '`openstack port set --enable` sets it up.');
  if (port.host === '') return wrong('port', 'the port is not bound to a node', 'Start the server.');
  if (port.status !== 'ACTIVE') {
    return wrong(
      'port',
      `the port is ${port.status}`,
      `See the server, and the network agent${tellsNodes ? ` on ${port.host}` : ' of its node'}.`,
    );
  }
  return ok('port', tellsNodes ? `ACTIVE on ${port.host}` : 'ACTIVE');
}

/**
 * `server` is undefined when Nova has none of that ID. Whoever owns a port may write any server's ID on it: one of another
 * project is none of theirs, and nothing is told of it.
 */
export function judgeServer(server: CloudServer | undefined, port?: CloudPort): Hop {
  if (server === undefined || (port !== undefined && port.project_id !== server.project_id))
    return wrong('server', 'the server is not there any more', 'Delete the mapping.');
  if (server.status === 'ACTIVE') return ok('server', `${server.name} is ACTIVE`);
  const step = `\`openstack server start ${server.name}\` starts one that is shut off.`;
  return wrong('server', `server ${server.name} is ${server.status}`, step);
}

/** Whether the groups let in everybody who wants to the mapping's port, whoever the mapping is for. */
export function letsEverybodyIn(port: CloudPort, rules: readonly SecurityGroupRule[], mapping: Mapping): boolean {
  return missingAccess(port, rules, { ...mapping, allowed_cidrs: [] }).length === 0;
}

/** `lets_router_in`: the security groups let in the router itself, so that its silence means something. */
export function judgeConnection(reached: ProbeResult, mapping: Mapping, letsRouterIn: boolean): Hop {
  const place = `${mapping.server_ip}:${mapping.server_port}`;
  if (reached === 'timeout' && !letsRouterIn) {
    return unknown('connection', 'the security groups do not let in the router, from which it is tried');
  }
  switch (reached) {
    case 'open':
      return ok('connection', `${place} takes connections from the router`);
    case 'refused':
      return wrong(
        'connection',
        `nothing listens on ${place}`,
        'Start the service on the server, on all its addresses.',
      );
    case 'timeout': {
      const step = 'See the firewall of the server itself, and the security groups.';
      return wrong('connection', `${place} does not answer the router: packets are dropped on the way`, step);
    }
    default:
      return wrong(
        'connection',
        `${place} is not there: nobody answers to the address`,
        'See whether the server runs.',
      );
  }
}
