/**
 * Why a mapping cannot be reached: asks the store, the kernel and the cloud, all at the same time, and tries the server
 * itself. Changes nothing. Who has not answered in time makes a hop unknown, never wrong.
 */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { isPraasError } from '../errors.ts';
import type { RouterAgent, RouterView } from '../interfaces/agent.ts';
import type { Cloud, CloudPort, RouterHost, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { Prober } from '../interfaces/prober.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { MappingView } from '../mapping/view.ts';
import {
  judgeConnection,
  judgeCounters,
  judgeGroups,
  judgeMapping,
  judgeNode,
  judgePort,
  judgeRouter,
  judgeRule,
  judgeScope,
  judgeServer,
  letsEverybodyIn,
} from './judge.ts';
import { type CheckReport, type Hop, type HopName, reportOf, skipped, unknown } from './report.ts';

/** Checks of mappings, whoever answers. */
export interface Checks {
  /** Takes a whole ID or an unambiguous beginning. Throws MAPPING_NOT_FOUND and what the store throws. */
  check(id: string, requester?: Requester): Promise<CheckReport>;
}

export interface CheckServiceParts {
  readonly pat: { get(id: string, requester?: Requester): Promise<MappingView> };
  readonly store: Pick<MappingStore, 'read'>;
  readonly dataplane: Pick<Dataplane, 'facts'>;
  readonly agent: Pick<RouterAgent, 'inspect' | 'drift'>;
  readonly prober: Prober;
  /** Undefined on a node without OpenStack. */
  readonly cloud: () => Promise<Cloud | undefined>;
}

type Work = () => Promise<Hop | readonly Hop[]>;

const NO_CLOUD = 'this node has no clouds.yaml';
const NO_PORT = 'the mapping leads to an address, not to a Neutron port';

export class CheckService implements Checks {
  readonly #parts: CheckServiceParts;

  constructor(parts: CheckServiceParts) {
    this.#parts = parts;
  }

  /** Whoever has a project is told nothing of the nodes, as by Neutron. */
  async check(id: string, requester: Requester = ROOT): Promise<CheckReport> {
    const mapping = await this.#parts.pat.get(id, requester);
    const tellsNodes = requester.seesAll;
    const [kernel, cloud, connection] = await Promise.all([
      this.#inKernel(mapping, tellsNodes),
      this.#inCloud(mapping, tellsNodes),
      this.#connection(mapping),
    ]);
    const own = [judgeMapping(mapping), judgeCounters(mapping.counters)];
    return reportOf(mapping, [...own, ...kernel, ...cloud.hops, connection(cloud.letsRouterIn)]);
  }

  async #inKernel(mapping: Mapping, tellsNodes: boolean): Promise<readonly Hop[]> {
    const { agent, store } = this.#parts;
    const { router_id } = mapping;
    let view: RouterView;
    try {
      view = await agent.inspect(router_id, 'audit');
    } catch (error) {
      if (!isPraasError(error)) throw error;
      const rest = ['rule', 'address_scope'] as const;
      if (error.code !== 'ROUTER_NOT_FOUND') {
        return (['node', ...rest] as const).map((hop) => unknown(hop, error.message));
      }
      const hosts = tellsNodes ? await this.#hosts(router_id) : undefined;
      return [judgeNode(undefined, hosts), ...rest.map((hop) => skipped(hop, 'the router is not on this node'))];
    }
    const record = await store.read(router_id);
    return [
      judgeNode(view.facts, tellsNodes ? await this.#hosts(router_id) : undefined),
      judgeRule(mapping, agent.drift(view, record)),
      judgeScope(view.facts, mapping),
    ];
  }

  async #hosts(router_id: string): Promise<readonly RouterHost[] | undefined> {
    const cloud = await this.#parts.cloud();
    return cloud?.routerHosts(router_id).catch(() => undefined);
  }

  async #inCloud(mapping: Mapping, tellsNodes: boolean): Promise<CloudSide> {
    const cloud = await this.#parts.cloud();
    if (cloud === undefined) {
      const hops = (['router', 'security_group', 'port', 'server'] as const).map((hop) => skipped(hop, NO_CLOUD));
      return { hops, letsRouterIn: true };
    }
    const { router_id, port_id, server_id } = mapping;
    let letsRouterIn = true;
    const hops = await Promise.all([
      attempt(['router'], async () => judgeRouter(await cloud.router(router_id), mapping)),
      port_id === null
        ? [skipped('port', NO_PORT), skipped('security_group', NO_PORT)]
        : attempt(['port', 'security_group'], async () => {
            const port = await cloud.port(port_id);
            const rules = port && (await cloud.securityGroupRules(port.security_group_ids));
            letsRouterIn = !port || !rules || letsEverybodyIn(port, rules, mapping);
            return [judgePort(port, mapping, tellsNodes), await groupsOf(cloud, port, rules ?? [], mapping)];
          }),
      server_id === null
        ? [skipped('server', 'the mapping names no server of Nova')]
        : attempt(['server'], async () => {
            const [server, port] = await Promise.all([cloud.server(server_id), port_id && cloud.port(port_id)]);
            return judgeServer(server, port || undefined);
          }),
    ]);
    return { hops: hops.flat(), letsRouterIn };
  }

  /** Gives what judges it once it is known whether the router itself is let in. */
  async #connection(mapping: Mapping): Promise<(letsRouterIn: boolean) => Hop> {
    const { protocol, router_id, server_ip, server_port } = mapping;
    if (protocol !== 'tcp') return () => skipped('connection', 'UDP does not answer who only knocks');
    try {
      const { isStandby } = await this.#parts.dataplane.facts(router_id);
      if (isStandby)
        return () => skipped('connection', 'the router stands by on this node, and leads nowhere from here');
      const reached = await this.#parts.prober.connect(router_id, server_ip, server_port);
      return (letsRouterIn) => judgeConnection(reached, mapping, letsRouterIn);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) {
        return () => skipped('connection', 'the router is not on this node');
      }
      if (!isPraasError(error)) throw error;
      return () => unknown('connection', error.message);
    }
  }
}

interface CloudSide {
  readonly hops: readonly Hop[];
  /** The security groups let in whoever comes, and so the router itself, which tries the server. */
  readonly letsRouterIn: boolean;
}

async function groupsOf(
  cloud: Cloud,
  port: CloudPort | undefined,
  rules: readonly SecurityGroupRule[],
  mapping: Mapping,
): Promise<Hop> {
  if (port === undefined) return skipped('security_group', 'the port is not there any more');
  return judgeGroups(port, await cloud.securityGroups(port.security_group_ids), rules, mapping);
}

/** What somebody cannot say now is not known; it is no mistake of the hop. */
async function attempt(hops: readonly HopName[], work: Work): Promise<readonly Hop[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    if (!isPraasError(error)) throw error;
    return hops.map((hop) => unknown(hop, error.message));
  }
}
