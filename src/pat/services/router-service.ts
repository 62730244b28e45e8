/** Shows the routers of this node: gateway addresses, ports, mappings and drift. */
import { inBatches } from '../../core/batches.ts';
import type { Clock } from '../../core/clock.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { cidrContains } from '../../core/values/ipv4.ts';
import { isUuid } from '../../core/values/uuid.ts';
import { freePorts } from '../change/port-choice.ts';
import type { PatSettings } from '../change/situation.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { RouterInspector } from '../interfaces/agent.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import { rulesElsewhere } from '../interfaces/rules-elsewhere.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { PROTOCOLS, type Protocol } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { Drift, RouterDetails, RouterSummary } from '../router/view.ts';
import type { RouterDirectory } from '../target/router-directory.ts';
import type { NodeRouters, RouterList } from './api.ts';

interface RouterServiceParts {
  readonly store: MappingStore;
  readonly dataplane: Pick<Dataplane, 'routers' | 'facts'>;
  readonly agent: RouterInspector;
  readonly clock: Clock;
  readonly settings: PatSettings;
  /** Left out on a node without OpenStack. */
  readonly directory?: RouterDirectory | undefined;
}

/** Each read runs programs in the namespace of the router. */
const MAX_CONCURRENT_READS = 8;

export class RouterService implements NodeRouters {
  readonly #parts: RouterServiceParts;

  constructor(parts: RouterServiceParts) {
    this.#parts = parts;
  }

  /** Gives the routers of this node by ID, with OpenStack only those that the requester sees. A failed read is in `failures`. */
  async list(requester: Requester): Promise<RouterList> {
    const { dataplane, directory } = this.#parts;
    const ids = (await dataplane.routers()).filter((id) => directory?.isVisible(id, requester) ?? true);
    const summaries = await inBatches(ids, MAX_CONCURRENT_READS, (id) => this.#summaryOf(id));
    const none = requester.seesAll ? await this.noRoutersReason() : undefined;
    return {
      routers: summaries.flatMap((summary) => (summary === undefined || summary instanceof Error ? [] : [summary])),
      failures: [...summaries.filter((summary) => summary instanceof Error), ...(none ? [none] : [])],
    };
  }

  /** Gives why no router at all is on this node although mappings are stored; undefined where all is well. */
  async noRoutersReason(): Promise<Error | undefined> {
    const { dataplane, store } = this.#parts;
    if ((await dataplane.routers()).length > 0) return undefined;
    for (const routerId of await store.routers()) {
      const reason = await reasonOf(async () => {
        const { mappings } = await store.read(routerId);
        return mappings.size === 0 ? 'nothing stored' : dataplane.facts(routerId);
      });
      if (reason !== 'nothing stored') return reason instanceof Error ? reason : undefined;
    }
    return undefined;
  }

  /** Gives RULES_ELSEWHERE for each router with mappings that is not on this node and has rules under another name. */
  async misplaced(): Promise<readonly Error[]> {
    const { dataplane, store } = this.#parts;
    const present = new Set(await dataplane.routers());
    const found: (Error | undefined)[] = [];
    for (const routerId of await store.routers()) {
      if (present.has(routerId)) continue;
      found.push(await reasonOf(() => this.#elsewhere(routerId)));
    }
    return found.filter((error) => error !== undefined);
  }

  /**
   * Gives one router with its unmanaged rules, by its ID or by its name in OpenStack. Throws ROUTER_NOT_FOUND, and RULES_ELSEWHERE where
   * its rules are under another name.
   */
  async show(reference: string, requester: Requester): Promise<RouterDetails> {
    const { agent, store, directory } = this.#parts;
    const routerId = this.idOf(reference, requester);
    if (directory?.isVisible(routerId, requester) === false) {
      throw praasError('ROUTER_NOT_FOUND', { router: reference, known: [] });
    }
    const view = await agent.inspect(routerId, 'audit').catch(async (error: unknown) => {
      // Any other reference may be no ID at all, and is not read.
      if (!isPraasError(error, 'ROUTER_NOT_FOUND') || !(await store.routers()).includes(routerId)) throw error;
      throw (await this.#elsewhere(routerId)) ?? error;
    });
    const record = await store.read(routerId);
    return {
      ...this.#summarize(view.facts, view.portsInUse, record),
      networks: view.facts.inside.map(({ cidr }) => cidr),
      mappings_in_kernel: view.mappingsInKernel,
      unmanaged: view.portsInUse.filter((inUse) => isOnGateway(inUse, view.facts)).map(({ text }) => text),
      warnings: view.warnings.map(({ text }) => text),
      drift: driftFor(requester, agent.drift(view, record), record),
    };
  }

  async #elsewhere(routerId: string): Promise<Error | undefined> {
    const { mappings } = await this.#parts.store.read(routerId);
    return rulesElsewhere(routerId, [...mappings.keys()], this.#parts);
  }

  /** Gives the ID of the router with that name in OpenStack; anything else is given back as an ID. */
  idOf(reference: string, requester: Requester): string {
    // The name of a router can be the ID of another one, because tenants choose names.
    if (isUuid(reference)) return reference;
    return this.#parts.directory?.find(reference, requester) ?? reference;
  }

  async #summaryOf(routerId: string): Promise<RouterSummary | Error | undefined> {
    try {
      const { facts, portsInUse } = await this.#parts.agent.inspect(routerId, 'port');
      return this.#summarize(facts, portsInUse, await this.#parts.store.read(routerId));
    } catch (error) {
      // A namespace can be deleted after it was listed; it is not on this node any more.
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return undefined;
      if (isPraasError(error)) return error;
      throw error;
    }
  }

  #summarize(facts: RouterFacts, portsInUse: readonly PortInUse[], record: RouterRecord): RouterSummary {
    const { settings, clock, directory } = this.#parts;
    const situation = { record, router: { facts, portsInUse }, settings, now: clock.now(), force: false };
    const [gatewayIp = ''] = facts.gateways;
    const free = PROTOCOLS.map((protocol) => [
      protocol,
      gatewayIp ? freePorts(situation, { protocol, gateway_ip: gatewayIp }) : 0,
    ]);
    return {
      router_id: facts.routerId,
      name: directory?.of(facts.routerId)?.name ?? null,
      project_id: directory?.of(facts.routerId)?.project_id ?? null,
      namespace: facts.namespace,
      gateway_ips: facts.gateways,
      mappings: record.mappings.size,
      free_ports: Object.fromEntries(free) as Record<Protocol, number>,
      used_ports: { tcp: usedPorts(record, 'tcp', gatewayIp), udp: usedPorts(record, 'udp', gatewayIp) },
    };
  }
}

/** Gives what the work gives or throws. */
async function reasonOf<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** A mapping that is not stored is of no project, so it is shown to those who see all. */
function driftFor(requester: Requester, { missing, unexpected }: Drift, { mappings }: RouterRecord): Drift {
  const isVisible = (id: string): boolean => requester.sees(mappings.get(id)?.project_id ?? null);
  return { missing: missing.filter(isVisible), unexpected: unexpected.filter(isVisible) };
}

function usedPorts({ mappings }: RouterRecord, protocol: Protocol, gatewayIp: string): number {
  return [...mappings.values()].filter((each) => each.protocol === protocol && each.gateway_ip === gatewayIp).length;
}

function isOnGateway(inUse: PortInUse, facts: RouterFacts): boolean {
  return facts.gateways.some((gatewayIp) => cidrContains(inUse.cidr, gatewayIp));
}
