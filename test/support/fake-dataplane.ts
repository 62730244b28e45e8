/**
 * A Dataplane in memory, which passes the same contract as the real ones. It refuses what a kernel refuses, and applies all
 * changes or none. A test may edit a router as another process would, and a connection keeps the translation that it began
 * with, as in the kernel's connection table.
 */

import { cidrContains } from '../../src/core/values/ipv4.ts';
import type { Usage } from '../../src/core/values/usage.ts';
import { praasError } from '../../src/pat/errors.ts';
import type { Dataplane, Observation } from '../../src/pat/interfaces/dataplane.ts';
import { endpointKey, type Forward, forwardKey, type PublicEndpoint } from '../../src/pat/mapping/forward.ts';
import type { Changes, ObservedForward, RuleCounters } from '../../src/pat/plan/changes.ts';
import type { Flow } from '../../src/pat/plan/connection.ts';
import type { UnmanagedRule } from '../../src/pat/plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../../src/pat/router/address-scope.ts';
import type { RouterFacts } from '../../src/pat/router/facts.ts';
import type { Forwarding } from '../../src/pat/router/forwarding.ts';
import type { PortInUse } from '../../src/pat/router/port-in-use.ts';
import type { RouterWarning } from '../../src/pat/router/warning.ts';

type Call = Exclude<keyof Dataplane, 'render' | 'expected' | 'holderOf'>;

/** The rules of one mapping. `forward` is undefined when they are not exactly one forward. */
interface InstalledRules {
  readonly mapping_id: string;
  readonly forward: Forward | undefined;
  /** Identifies these rules, as the text of a rule does. */
  readonly text: string;
  /** Of the first packet of each connection; broken rules have none. */
  readonly counters?: RuleCounters;
}

/** A router as a test prepares it and as another process may change it. */
export class FakeRouter {
  facts: RouterFacts;
  portsInUse: readonly PortInUse[] = [];
  /** Their entries in `portsInUse` have the same text. */
  unmanagedRules: readonly UnmanagedRule[] = [];
  listeners: readonly PortInUse[] = [];
  warnings: readonly RouterWarning[] = [];
  scopeMarks: ScopeMarks = new Map();
  forwarding: Forwarding;
  hasBaseChains = false;
  entries: readonly InstalledRules[] = [];
  flows: readonly Flow[] = [];
  /** How many connections it can have. */
  connectionLimit = 262_144;
  /** Connections beside `flows`. */
  otherConnections = 0;

  constructor(facts: RouterFacts) {
    this.facts = facts;
    const names = ['qg-1841a257-44', ...new Set(facts.inside.map(({ interface: name }) => name))];
    const interfaces = names.map((name, index) => ({ name, isUp: true, addresses: index === 0 ? facts.gateways : [] }));
    this.forwarding = {
      interfaces,
      isEnabled: true,
      disabledInterfaces: [],
      filter: () => ({ verdict: 'accepts' }),
      route: () => ({ verdict: 'accepts' }),
    };
  }

  /** Gives the installed forwards as sorted texts, with `broken` for rules that are no forward. */
  inPlace(): string[] {
    return this.entries.map(({ text }) => text).toSorted();
  }

  /** Another process adds a forward: a duplicate, or one without a record. */
  inject(forward: Forward): void {
    this.hasBaseChains = true;
    this.entries = [...this.entries, entryOf(forward)];
  }

  /** Another process edits the rules of a mapping so that they are no forward. */
  damage(mappingId: string): void {
    const broken: InstalledRules = { mapping_id: mappingId, forward: undefined, text: `broken ${mappingId}` };
    this.entries = [...this.entries.filter((entry) => entry.mapping_id !== mappingId), broken];
  }

  /** Another process flushes all rules. */
  flush(): void {
    this.entries = [];
    this.hasBaseChains = false;
  }

  /** A client connects: the rules in force decide the translation, and the connection keeps it. */
  connect(sourceIp: string, endpoint: PublicEndpoint): Flow {
    const { protocol, gateway_ip, router_port } = endpoint;
    const entry = this.entries.find(({ forward }) => forward && matches(forward, endpoint, sourceIp));
    this.entries = this.entries.map((each) =>
      each === entry ? { ...each, counters: incremented(each.counters) } : each,
    );
    const target = entry?.forward;
    const flow: Flow = {
      protocol,
      sourceIp,
      sourcePort: 40_000 + this.flows.length,
      destinationIp: gateway_ip,
      destinationPort: router_port,
      replyIp: target?.server_ip ?? gateway_ip,
      replyPort: target?.server_port ?? router_port,
    };
    this.flows = [...this.flows, flow];
    return flow;
  }
}

export class FakeDataplane implements Dataplane {
  readonly #routers = new Map<string, FakeRouter>();
  readonly #failures: { call: Call; error: Error }[] = [];
  readonly #calls: Call[] = [];
  /** While it is set, every call throws it. */
  failure: Error | undefined;

  constructor(routers: readonly FakeRouter[] = []) {
    for (const router of routers) this.add(router);
  }

  /** Every call so far, in order. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  count(call: Call): number {
    return this.#calls.filter((made) => made === call).length;
  }

  /** The next such call throws this error, before it changes anything. */
  failNext(call: Call, error: Error): void {
    this.#failures.push({ call, error });
  }

  /** The kernel refuses the next change, also when it is repeated once; with `times` 1, only before that. */
  refuseNext(routerId: string, times = 2): void {
    const facts = { router: routerId, line: 'line 2', output: 'told to refuse' };
    for (let count = 0; count < times; count++) this.failNext('apply', praasError('KERNEL_REFUSED', facts));
  }

  add(router: FakeRouter): void {
    this.#routers.set(router.facts.routerId, router);
  }

  /** The router disappears, with its rules and connections. */
  lose(routerId: string): void {
    this.#routers.delete(routerId);
  }

  async routers(): Promise<readonly string[]> {
    this.#called('routers');
    return this.#ids();
  }

  async facts(routerId: string): Promise<RouterFacts> {
    return this.#enter('facts', routerId).facts;
  }

  async observe(routerId: string): Promise<Observation> {
    const { entries, portsInUse, unmanagedRules, warnings, scopeMarks, hasBaseChains } = this.#enter(
      'observe',
      routerId,
    );
    const forwards = entries.map(({ text, ...entry }) => ({ ...entry, handle: text }));
    return {
      forwards,
      portsInUse,
      unmanagedRules,
      warnings,
      scopeMarks,
      missingBaseChains: hasBaseChains ? undefined : BASE_CHAINS,
    };
  }

  async holderOf(mappingIds: readonly string[], except: readonly string[]): Promise<string | undefined> {
    const others = [...this.#routers].filter(([routerId]) => !except.includes(routerId));
    return others.find(([, { entries }]) => entries.some(({ mapping_id }) => mappingIds.includes(mapping_id)))?.[0];
  }

  async listeners(routerId: string): Promise<readonly PortInUse[]> {
    return this.#enter('listeners', routerId).listeners;
  }

  async apply(routerId: string, changes: Changes): Promise<void> {
    const router = this.#enter('apply', routerId);
    const refuse = (line: string, output: string): Error =>
      praasError('KERNEL_REFUSED', { router: routerId, line, output });
    if (changes.missingBaseChains !== undefined && router.hasBaseChains)
      throw refuse(BASE_CHAINS, 'chain already exists');
    const hasBaseChains = router.hasBaseChains || changes.missingBaseChains !== undefined;
    const entries = [...router.entries];
    for (const { handle } of changes.remove) {
      const index = entries.findIndex(({ text }) => text === handle);
      if (index < 0) throw refuse(`- ${String(handle)}`, 'no such rule');
      entries.splice(index, 1);
    }
    for (const forward of changes.add) {
      const { text } = entryOf(forward);
      if (!hasBaseChains) throw refuse(`+ ${text}`, 'no such chain');
      const key = endpointKey(forward);
      if (entries.some((entry) => entry.forward && endpointKey(entry.forward) === key)) {
        throw refuse(`+ ${text}`, 'the endpoint exists');
      }
      entries.push(entryOf(forward));
    }
    const adopted = changes.adopt ?? [];
    const texts = new Set(adopted.map(({ text }) => text));
    const missing = adopted.find((rule) => !router.unmanagedRules.includes(rule));
    if (missing) throw refuse(`- ${missing.text}`, 'no such rule');
    router.unmanagedRules = router.unmanagedRules.filter((rule) => !adopted.includes(rule));
    router.portsInUse = router.portsInUse.filter(({ text }) => !texts.has(text));
    router.hasBaseChains = hasBaseChains;
    router.entries = entries;
  }

  render({ missingBaseChains, remove, add, adopt = [] }: Changes): string {
    const lines = [
      ...adopt.map(({ text }) => `- ${text}`),
      ...remove.map(({ handle }) => `- ${String(handle)}`),
      ...add.map((forward) => `+ ${forwardKey(forward)}`),
    ];
    return [...(missingBaseChains === undefined ? [] : [BASE_CHAINS]), ...lines].map((line) => `${line}\n`).join('');
  }

  expected(forward: Forward): ObservedForward {
    return { mapping_id: forward.mapping_id, forward, handle: forwardKey(forward) };
  }

  async flows(routerId: string, endpoints: readonly PublicEndpoint[]): Promise<readonly Flow[]> {
    const keys = new Set(endpoints.map(endpointKey));
    return this.#enter('flows', routerId).flows.filter((flow) => keys.has(endpointKey(endpointOfFlow(flow))));
  }

  async endFlows(routerId: string, flows: readonly Flow[]): Promise<void> {
    const router = this.#enter('endFlows', routerId);
    router.flows = router.flows.filter((flow) => !flows.includes(flow));
  }

  async connectionTable(router_id: string): Promise<Usage> {
    const { flows, otherConnections, connectionLimit } = this.#enter('connectionTable', router_id);
    return { used: flows.length + otherConnections, limit: connectionLimit };
  }

  async forwarding(routerId: string): Promise<Forwarding> {
    return this.#enter('forwarding', routerId).forwarding;
  }

  async removeBaseChains(router_id: string): Promise<void> {
    const router = this.#enter('removeBaseChains', router_id);
    router.hasBaseChains = router.hasBaseChains && router.entries.length + router.portsInUse.length > 0;
  }

  #enter(call: Call, routerId: string): FakeRouter {
    this.#called(call);
    const router = this.#routers.get(routerId);
    if (router === undefined) throw praasError('ROUTER_NOT_FOUND', { router: routerId, known: this.#ids() });
    return router;
  }

  #called(call: Call): void {
    this.#calls.push(call);
    if (this.failure !== undefined) throw this.failure;
    const index = this.#failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure) throw failure.error;
  }

  #ids(): string[] {
    return [...this.#routers.keys()].toSorted();
  }
}

const BASE_CHAINS = 'base chains';
const SYN_BYTES = 60;
const NOTHING: RuleCounters = { packets: 0, bytes: 0 };

function entryOf(forward: Forward): InstalledRules {
  return { mapping_id: forward.mapping_id, forward, text: forwardKey(forward), counters: NOTHING };
}

function incremented({ packets, bytes } = NOTHING): RuleCounters {
  return { packets: packets + 1, bytes: bytes + SYN_BYTES };
}

function matches(forward: Forward, endpoint: PublicEndpoint, sourceIp: string): boolean {
  const { allowed_cidrs } = forward;
  const isAllowed = allowed_cidrs.length === 0 || allowed_cidrs.some((cidr) => cidrContains(cidr, sourceIp));
  return isAllowed && endpointKey(forward) === endpointKey(endpoint);
}

function endpointOfFlow({ protocol, destinationIp, destinationPort }: Flow): PublicEndpoint {
  return { protocol, gateway_ip: destinationIp, router_port: destinationPort };
}
