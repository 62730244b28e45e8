import type { Clock } from '../../core/clock.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { cidrContains } from '../../core/values/ipv4.ts';
import { isUuid } from '../../core/values/uuid.ts';
import { freePorts } from '../change/port-choice.ts';
import type { PatSettings } from '../change/situation.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { RouterAgent } from '../interfaces/agent.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { PROTOCOLS, type Protocol } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { type RouterFacts } from '../router/facts.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { RouterDetails, RouterSummary } from '../router/view.ts';
import type { RouterDirectory } from '../target/router-directory.ts';
import type { ListedRouters, Routers } from './api.ts';

export interface RouterServiceParts {
  readonly store: MappingStore;
  readonly dataplane: Pick<Dataplane, 'routers' | 'facts'>;
  readonly agent: RouterAgent;
  readonly clock: Clock;
  readonly settings: PatSettings;
  /** Left out on a node without OpenStack. */
  readonly directory?: RouterDirectory | undefined;
}

/** So many namespaces are read at the same time. */
const AT_ONCE = 8;

export class RouterService implements Routers {
  readonly #parts: RouterServiceParts;

  constructor(parts: RouterServiceParts) {
    this.#parts = parts;
  }

  /**
   * All namespaces of this node that could publish something or do, by id; with OpenStack only those that the requester may
   * know. One that cannot be read is a failure beside them.
   */
  async list(requester: Requester = ROOT): Promise<ListedRouters> {
    const { dataplane, directory: book } = this.#parts;
    const ids = (await dataplane.routers()).filter((id) => book?.isVisible(id, requester) ?? true);
    const summaries: (RouterSummary | Error | undefined)[] = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      summaries.push(...(await Promise.all(ids.slice(start, start + AT_ONCE).map((id) => this.#summaryOf(id)))));
    }
    return {
      routers: summaries.flatMap((summary) => (summary === undefined || summary instanceof Error ? [] : [summary])),
      failures: summaries.filter((summary) => summary instanceof Error),
    };
  }

  /** One router with what others have in it, by its id, or by its name in OpenStack. Throws ROUTER_NOT_FOUND. */
  async show(reference: string, requester: Requester = ROOT): Promise<RouterDetails> {
    const { agent, store, directory: book } = this.#parts;
    const router_id = this.idOf(reference, requester);
    if (book?.isVisible(router_id, requester) === false) {
      throw praasError('ROUTER_NOT_FOUND', { router: reference, known: [] });
    }
    const view = await agent.inspect(router_id, 'audit');
    const record = await store.read(router_id);
    return {
      ...this.#summarize(view.facts, view.portsInUse, record),
      networks: view.facts.inside.map(({ cidr }) => cidr),
      mappings_in_kernel: view.mappingsInKernel,
      unmanaged: view.portsInUse.filter((claim) => isOnGateway(claim, view.facts)).map(({ text }) => text),
      warnings: view.warnings,
      drift: agent.drift(view, record),
    };
  }

  /** The id of the router that is named so in OpenStack; what is no such name is an id already. */
  idOf(reference: string, requester: Requester = ROOT): string {
    // A tenant may name a router as it likes, also like another one's ID.
    if (isUuid(reference)) return reference;
    return this.#parts.directory?.find(reference, requester) ?? reference;
  }

  async #summaryOf(router_id: string): Promise<RouterSummary | Error | undefined> {
    try {
      const { facts, portsInUse } = await this.#parts.agent.inspect(router_id, 'port');
      return this.#summarize(facts, portsInUse, await this.#parts.store.read(router_id));
    } catch (error) {
      // Between listing and looking a namespace may go; that is no news for a list.
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return undefined;
      if (isPraasError(error)) return error;
      throw error;
    }
  }

  #summarize(facts: RouterFacts, portsInUse: readonly PortInUse[], record: RouterRecord): RouterSummary {
    const { settings, clock, directory: book } = this.#parts;
    const situation = { record, router: { facts, portsInUse }, settings, now: clock.now(), force: false };
    const [gateway_ip = ''] = facts.gateways;
    const free = PROTOCOLS.map((protocol) => [
      protocol,
      gateway_ip ? freePorts(situation, { protocol, gateway_ip }) : 0,
    ]);
    return {
      router_id: facts.routerId,
      name: book?.of(facts.routerId)?.name ?? null,
      project_id: book?.of(facts.routerId)?.project_id ?? null,
      namespace: facts.namespace,
      gateway_ips: facts.gateways,
      mappings: record.mappings.size,
      free_ports: Object.fromEntries(free) as Record<Protocol, number>,
      used_ports: { tcp: usedPorts(record, 'tcp', gateway_ip), udp: usedPorts(record, 'udp', gateway_ip) },
    };
  }
}

function usedPorts({ mappings }: RouterRecord, protocol: Protocol, gateway_ip: string): number {
  return [...mappings.values()].filter((each) => each.protocol === protocol && each.gateway_ip === gateway_ip).length;
}

function isOnGateway(claim: PortInUse, facts: RouterFacts): boolean {
  return facts.gateways.some((gateway_ip) => cidrContains(claim.cidr, gateway_ip));
}
