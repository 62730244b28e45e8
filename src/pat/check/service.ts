/**
 * Diagnoses why a mapping cannot be reached: reads the store, the kernel and the cloud at the same time, and probes the server.
 * Changes nothing. A source that is unavailable makes its hops unknown, never failed.
 */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { UnderWay } from '../../core/under-way.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { RouterInspector, RouterView } from '../interfaces/agent.ts';
import type { Cloud, CloudPort, RouterHost, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { Prober } from '../interfaces/prober.ts';
import { rulesElsewhere } from '../interfaces/rules-elsewhere.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { MappingView } from '../mapping/view.ts';
import type { RouterFacts } from '../router/facts.ts';
import {
  allowsAnySource,
  judgeConnection,
  judgeCounters,
  judgeGroups,
  judgeMapping,
  judgeNeutronPort,
  judgeNeutronRouter,
  judgeNode,
  judgeRule,
  judgeScope,
  judgeServer,
  judgeTableOfRouter,
  judgeVirtualPort,
  mayBeVirtual,
} from './judge.ts';
import { judgeFilter, judgeForwarding, judgeInterfaces, judgeOtherRules, packetOf } from './judge-path.ts';
import { messageFor, orUnknown } from './or-unknown.ts';
import { type CheckReport, failed, type Hop, reportOf, skipped, unknown } from './report.ts';

/** Checks of mappings, by this node or by a remote PAT agent. */
export interface Checks {
  /** Takes an ID or an unambiguous ID prefix. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS, and what the store throws. */
  check(id: string, requester: Requester): Promise<CheckReport>;
}

interface CheckServiceParts {
  readonly pat: { get(id: string, requester: Requester): Promise<MappingView> };
  readonly store: Pick<MappingStore, 'read' | 'routers'>;
  readonly dataplane: Pick<Dataplane, 'facts' | 'connectionTable' | 'forwarding'>;
  readonly agent: RouterInspector;
  readonly prober: Prober;
  /** Undefined on a node without OpenStack. */
  readonly cloud: () => Promise<Cloud | undefined>;
  /** May change while it runs; left out where root alone checks. */
  readonly limits?: (() => CheckLimits) | undefined;
}

/** How many checks may be under way, by their keys in praas.conf; -1 is no limit. */
export interface CheckLimits {
  readonly max_checks_per_caller: number;
  readonly max_checks_per_router: number;
}

/** A check of a server that does not respond takes that long. */
const SECONDS = 5;

/** Hops that are judged by what the router does with packets. */
const PATH = ['interfaces', 'forwarding', 'filter'] as const;
const NO_CLOUD = 'OpenStack is not configured on this node';
const NO_ROUTER = 'the router is not on this node';
const NO_PORT = 'the mapping has an address without a Neutron port';

export class CheckService implements Checks {
  readonly #parts: CheckServiceParts;
  readonly #callers = new UnderWay();
  readonly #routers = new UnderWay();

  constructor(parts: CheckServiceParts) {
    this.#parts = parts;
  }

  /** Throws TOO_MANY_REQUESTS, but not to root. */
  async check(id: string, requester: Requester): Promise<CheckReport> {
    const limits = requester === ROOT ? undefined : this.#parts.limits?.();
    const mapping = await this.#parts.pat.get(id, requester);
    if (limits === undefined) return this.#report(mapping, requester);
    const endOfCaller = begin(this.#callers, requester.caller, 'max_checks_per_caller', limits);
    try {
      const endOfRouter = begin(this.#routers, mapping.router_id, 'max_checks_per_router', limits);
      return await this.#report(mapping, requester).finally(endOfRouter);
    } finally {
      endOfCaller();
    }
  }

  /** As in Neutron, only a requester of all projects sees hosts. */
  async #report(mapping: MappingView, requester: Requester): Promise<CheckReport> {
    const showsHosts = requester.seesAll;
    const [kernel, table, cloud, connection] = await Promise.all([
      this.#inKernel(mapping, showsHosts),
      this.#connectionTable(mapping, showsHosts),
      this.#inCloud(mapping, showsHosts),
      this.#connection(mapping, showsHosts),
    ]);
    // The inspection of the kernel has just read the counters.
    const { counters } = await this.#parts.pat.get(mapping.id, requester);
    const own = [judgeMapping(mapping), judgeCounters(counters)];
    const reached = connection(cloud.allowsRouter);
    const hops = reached.verdict === 'ok' ? cloud.hops.map(judgeVirtualPort) : cloud.hops;
    return reportOf(mapping, [...own, ...kernel, table, ...hops, reached]);
  }

  async #inKernel(mapping: Mapping, showsHosts: boolean): Promise<readonly Hop[]> {
    const { agent, store } = this.#parts;
    const { router_id } = mapping;
    let view: RouterView;
    try {
      view = await agent.inspect(router_id, 'audit');
    } catch (error) {
      if (!isPraasError(error)) throw error;
      const rest = ['other_rules', 'rule', 'address_scope', ...PATH] as const;
      if (error.code !== 'ROUTER_NOT_FOUND') {
        return (['node', ...rest] as const).map((hop) => unknown(hop, messageFor(error, showsHosts)));
      }
      return [await this.#absentNode(mapping, showsHosts), ...rest.map((hop) => skipped(hop, NO_ROUTER))];
    }
    const [record, path] = await Promise.all([store.read(router_id), this.#path(mapping, view.facts, showsHosts)]);
    return [
      ...path,
      judgeOtherRules(mapping, view, showsHosts),
      judgeNode(view.facts, showsHosts ? await this.#hosts(router_id) : undefined),
      judgeRule(mapping, agent.drift(view, record)),
      judgeScope(view.facts, mapping),
    ];
  }

  async #absentNode({ id, router_id }: Mapping, showsHosts: boolean): Promise<Hop> {
    const [hop] = await orUnknown(['node'], showsHosts, async () => {
      const elsewhere = await rulesElsewhere(router_id, [id], this.#parts);
      if (elsewhere !== undefined) {
        const [step = ''] = showsHosts ? elsewhere.nextSteps : [];
        return failed('node', messageFor(elsewhere, showsHosts), step);
      }
      return judgeNode(undefined, showsHosts ? await this.#hosts(router_id) : undefined);
    });
    return hop ?? unknown('node', NO_ROUTER);
  }

  async #path(mapping: Mapping, facts: RouterFacts, showsHosts: boolean): Promise<readonly Hop[]> {
    if (facts.isStandby) return PATH.map((hop) => skipped(hop, 'a standby HA instance forwards nothing'));
    return orUnknown(PATH, showsHosts, async () => {
      const forwarding = await this.#parts.dataplane.forwarding(mapping.router_id, [mapping]);
      const packet = packetOf(mapping, facts, forwarding);
      const { namespace } = facts;
      return [
        judgeInterfaces(packet, forwarding, showsHosts, namespace),
        judgeForwarding(packet, forwarding, showsHosts, namespace),
        judgeFilter(packet, forwarding, showsHosts, namespace),
      ];
    });
  }

  async #connectionTable({ router_id }: Mapping, showsHosts: boolean): Promise<Hop> {
    try {
      return judgeTableOfRouter(await this.#parts.dataplane.connectionTable(router_id), showsHosts);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return skipped('connection_table', NO_ROUTER);
      if (!isPraasError(error)) throw error;
      return unknown('connection_table', messageFor(error, showsHosts));
    }
  }

  async #hosts(routerId: string): Promise<readonly RouterHost[] | undefined> {
    const cloud = await this.#parts.cloud();
    return cloud?.routerHosts(routerId).catch(() => undefined);
  }

  async #inCloud(mapping: Mapping, showsHosts: boolean): Promise<CloudHops> {
    const cloud = await this.#parts.cloud();
    if (cloud === undefined) {
      const hops = (['router', 'security_group', 'port', 'server'] as const).map((hop) => skipped(hop, NO_CLOUD));
      return { hops, allowsRouter: true };
    }
    const { router_id, port_id, server_id } = mapping;
    const port = port_id === null ? undefined : cloud.port(port_id);
    let allowsRouter: boolean | undefined = true;
    const hops = await Promise.all([
      orUnknown(['router'], showsHosts, async () => judgeNeutronRouter(await cloud.router(router_id), mapping)),
      port === undefined
        ? [skipped('port', NO_PORT), skipped('security_group', NO_PORT)]
        : orUnknown(['port', 'security_group'], showsHosts, async () => {
            const found = await port;
            const rules = found && (await cloud.securityGroupRules(found.security_group_ids));
            if (found && rules) allowsRouter = mayBeVirtual(found) ? undefined : allowsAnySource(found, rules, mapping);
            return [
              judgeNeutronPort(found, mapping, showsHosts),
              await judgeGroupsOf(cloud, found, rules ?? [], mapping),
            ];
          }),
      server_id === null
        ? [skipped('server', 'the mapping has no Nova server')]
        : orUnknown(['server'], showsHosts, async () => {
            const [server, found] = await Promise.all([cloud.server(server_id), port]);
            return judgeServer(server, found);
          }),
    ]);
    return { hops: hops.flat(), allowsRouter };
  }

  /** Gives a function, because the verdict also depends on the security groups, which are read at the same time. */
  async #connection(mapping: Mapping, showsHosts: boolean): Promise<(allowsRouter: boolean | undefined) => Hop> {
    const { protocol, router_id, server_ip, server_port } = mapping;
    if (protocol !== 'tcp') return () => skipped('connection', 'UDP cannot be probed');
    try {
      const { isStandby } = await this.#parts.dataplane.facts(router_id);
      if (isStandby) return () => skipped('connection', 'a standby HA instance cannot reach the server');
      const reached = await this.#parts.prober.connect(router_id, server_ip, server_port);
      return (allowsRouter) => judgeConnection(reached, mapping, allowsRouter);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return () => skipped('connection', NO_ROUTER);
      if (!isPraasError(error)) throw error;
      return () => unknown('connection', messageFor(error, showsHosts));
    }
  }
}

/** Gives what ends the check. Throws TOO_MANY_REQUESTS. */
function begin(underWay: UnderWay, key: string, limit: keyof CheckLimits, limits: CheckLimits): () => void {
  const most = limits[limit];
  const end = underWay.begin(key, most);
  if (end === undefined) throw praasError('TOO_MANY_REQUESTS', { limit, most, seconds: SECONDS });
  return end;
}

interface CloudHops {
  readonly hops: readonly Hop[];
  /** The security groups allow packets from the router, which probes the server; undefined where it is not known which apply. */
  readonly allowsRouter: boolean | undefined;
}

async function judgeGroupsOf(
  cloud: Cloud,
  port: CloudPort | undefined,
  rules: readonly SecurityGroupRule[],
  mapping: Mapping,
): Promise<Hop> {
  if (port === undefined) return skipped('security_group', 'the port was deleted in Neutron');
  return judgeGroups(port, await cloud.securityGroups(port.security_group_ids), rules, mapping);
}
