/**
 * A Dataplane in memory, held to the same contract suite as the real ones. Strict: what a kernel would refuse it refuses,
 * and a change goes into a copy, so it is made whole or not at all. Somebody else may edit a router behind its back, and a
 * connection keeps going where it went when it was made, as in the kernel's connection table.
 */
import { cidrContains } from '../../src/core/values/ipv4.ts';
import type { Usage } from '../../src/core/values/usage.ts';
import { praasError } from '../../src/pat/errors.ts';
import type { Dataplane, Observation } from '../../src/pat/interfaces/dataplane.ts';
import { type Endpoint, endpointKey, type Forward, forwardKey } from '../../src/pat/mapping/forward.ts';
import type { Changes, ObservedForward, RuleCounters } from '../../src/pat/plan/changes.ts';
import type { Flow } from '../../src/pat/plan/connection.ts';
import type { UnmanagedRule } from '../../src/pat/plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../../src/pat/router/address-scope.ts';
import type { RouterFacts } from '../../src/pat/router/facts.ts';
import type { PortInUse } from '../../src/pat/router/port-in-use.ts';

type Call = Exclude<keyof Dataplane, 'render' | 'expected'>;

/** One thing in the kernel. `forward` is undefined for pieces of a mapping that make no whole forward. */
interface Entry {
  readonly mapping_id: string;
  readonly forward: Forward | undefined;
  /** What names exactly this entry, as a rule's text does. */
  readonly text: string;
  /** Of the first packet of each connection; pieces count nothing here. */
  readonly counters?: RuleCounters;
}

/** A router as a test sets it up and as somebody else may change it. */
export class FakeRouter {
  facts: RouterFacts;
  portsInUse: readonly PortInUse[] = [];
  /** What is said of them in `portsInUse` has the same text. */
  unmanagedRules: readonly UnmanagedRule[] = [];
  listeners: readonly PortInUse[] = [];
  warnings: readonly string[] = [];
  scopeMarks: ScopeMarks = new Map();
  /** Whether our chains and jumps are there. */
  hasFrame = false;
  entries: readonly Entry[] = [];
  flows: readonly Flow[] = [];
  /** How many connections it can have. */
  connectionLimit = 262_144;
  /** Connections beside `flows`. */
  otherConnections = 0;

  constructor(facts: RouterFacts) {
    this.facts = facts;
  }

  /** The forwards in place, as sorted texts; `broken` for what is none. */
  inPlace(): string[] {
    return this.entries.map(({ text }) => text).toSorted();
  }

  /** Somebody puts a rule there without asking the Dataplane: a copy of one, or one nobody knows. */
  inject(forward: Forward): void {
    this.hasFrame = true;
    this.entries = [...this.entries, entryOf(forward)];
  }

  /** Somebody edits the rules of a mapping until they make no forward. */
  damage(mapping_id: string): void {
    const broken: Entry = { mapping_id, forward: undefined, text: `broken ${mapping_id}` };
    this.entries = [...this.entries.filter((entry) => entry.mapping_id !== mapping_id), broken];
  }

  /** Somebody flushes everything. */
  flush(): void {
    this.entries = [];
    this.hasFrame = false;
  }

  /** A caller connects: the rules of this moment decide where to, from then on the connection stays there. */
  connect(source_ip: string, endpoint: Endpoint): Flow {
    const { protocol, gateway_ip, router_port } = endpoint;
    const entry = this.entries.find(({ forward }) => forward && leads(forward, endpoint, source_ip));
    this.entries = this.entries.map((each) =>
      each === entry ? { ...each, counters: withOneMore(each.counters) } : each,
    );
    const led = entry?.forward;
    const flow: Flow = {
      protocol,
      source_ip,
      source_port: 40_000 + this.flows.length,
      destination_ip: gateway_ip,
      destination_port: router_port,
      replying_ip: led?.server_ip ?? gateway_ip,
      replying_port: led?.server_port ?? router_port,
    };
    this.flows = [...this.flows, flow];
    return flow;
  }
}

export class FakeDataplane implements Dataplane {
  readonly #routers = new Map<string, FakeRouter>();
  readonly #failures: { call: Call; error: Error }[] = [];
  readonly #calls: Call[] = [];

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

  /** The next such call fails with this error, before it does anything. */
  failNext(call: Call, error: Error): void {
    this.#failures.push({ call, error });
  }

  /** The kernel refuses the next change. */
  refuseNext(router_id: string): void {
    const facts = { router: router_id, line: 'line 2', output: 'told to refuse' };
    this.failNext('apply', praasError('KERNEL_REFUSED', facts));
  }

  add(router: FakeRouter): void {
    this.#routers.set(router.facts.router_id, router);
  }

  /** The router goes away, with everything in it. */
  lose(router_id: string): void {
    this.#routers.delete(router_id);
  }

  async routers(): Promise<readonly string[]> {
    this.#called('routers');
    return this.#ids();
  }

  async facts(router_id: string): Promise<RouterFacts> {
    return this.#enter('facts', router_id).facts;
  }

  async observe(router_id: string): Promise<Observation> {
    const { entries, portsInUse, unmanagedRules, warnings, scopeMarks, hasFrame } = this.#enter('observe', router_id);
    const forwards = entries.map(({ text, ...entry }) => ({ ...entry, handle: text }));
    return {
      forwards,
      portsInUse,
      unmanagedRules,
      warnings,
      scopeMarks,
      missingBaseChains: hasFrame ? undefined : FRAME,
    };
  }

  async listeners(router_id: string): Promise<readonly PortInUse[]> {
    return this.#enter('listeners', router_id).listeners;
  }

  async apply(router_id: string, changes: Changes): Promise<void> {
    const router = this.#enter('apply', router_id);
    const refuse = (line: string, output: string): Error =>
      praasError('KERNEL_REFUSED', { router: router_id, line, output });
    if (changes.missingBaseChains !== undefined && router.hasFrame) throw refuse(FRAME, 'chain already exists');
    const hasFrame = router.hasFrame || changes.missingBaseChains !== undefined;
    const entries = [...router.entries];
    for (const { handle } of changes.remove) {
      const index = entries.findIndex(({ text }) => text === handle);
      if (index < 0) throw refuse(`- ${String(handle)}`, 'no such rule');
      entries.splice(index, 1);
    }
    for (const forward of changes.add) {
      const { text } = entryOf(forward);
      if (!hasFrame) throw refuse(`+ ${text}`, 'no such chain');
      const key = endpointKey(forward);
      if (entries.some((entry) => entry.forward && endpointKey(entry.forward) === key)) {
        throw refuse(`+ ${text}`, 'the endpoint is there already');
      }
      entries.push(entryOf(forward));
    }
    const adopted = changes.adopt ?? [];
    const texts = new Set(adopted.map(({ text }) => text));
    const missing = adopted.find((rule) => !router.unmanagedRules.includes(rule));
    if (missing) throw refuse(`- ${missing.text}`, 'no such rule');
    router.unmanagedRules = router.unmanagedRules.filter((rule) => !adopted.includes(rule));
    router.portsInUse = router.portsInUse.filter(({ text }) => !texts.has(text));
    router.hasFrame = hasFrame;
    router.entries = entries;
  }

  render({ missingBaseChains: frame, remove, add, adopt = [] }: Changes): string {
    const lines = [
      ...adopt.map(({ text }) => `- ${text}`),
      ...remove.map(({ handle }) => `- ${String(handle)}`),
      ...add.map((forward) => `+ ${forwardKey(forward)}`),
    ];
    return [...(frame === undefined ? [] : [FRAME]), ...lines].map((line) => `${line}\n`).join('');
  }

  expected(forward: Forward): ObservedForward {
    return { mapping_id: forward.mapping_id, forward, handle: forwardKey(forward) };
  }

  async flows(router_id: string, endpoints: readonly Endpoint[]): Promise<readonly Flow[]> {
    const wanted = new Set(endpoints.map(endpointKey));
    return this.#enter('flows', router_id).flows.filter((flow) => wanted.has(endpointKey(dialled(flow))));
  }

  async endFlows(router_id: string, flows: readonly Flow[]): Promise<void> {
    const router = this.#enter('endFlows', router_id);
    router.flows = router.flows.filter((flow) => !flows.includes(flow));
  }

  async connectionTable(router_id: string): Promise<Usage> {
    const { flows, otherConnections, connectionLimit } = this.#enter('connectionTable', router_id);
    return { used: flows.length + otherConnections, limit: connectionLimit };
  }

  async removeBaseChains(router_id: string): Promise<void> {
    const router = this.#enter('removeBaseChains', router_id);
    router.hasFrame = router.hasFrame && router.entries.length + router.portsInUse.length > 0;
  }

  #enter(call: Call, router_id: string): FakeRouter {
    this.#called(call);
    const router = this.#routers.get(router_id);
    if (router === undefined) throw praasError('ROUTER_NOT_FOUND', { router: router_id, known: this.#ids() });
    return router;
  }

  #called(call: Call): void {
    this.#calls.push(call);
    const index = this.#failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure) throw failure.error;
  }

  #ids(): string[] {
    return [...this.#routers.keys()].toSorted();
  }
}

const FRAME = 'the frame';
const SYN_BYTES = 60;
const NOTHING: RuleCounters = { packets: 0, bytes: 0 };

function entryOf(forward: Forward): Entry {
  return { mapping_id: forward.mapping_id, forward, text: forwardKey(forward), counters: NOTHING };
}

function withOneMore({ packets, bytes } = NOTHING): RuleCounters {
  return { packets: packets + 1, bytes: bytes + SYN_BYTES };
}

function leads(forward: Forward, endpoint: Endpoint, source_ip: string): boolean {
  const { allowed_cidrs } = forward;
  const isAllowed = allowed_cidrs.length === 0 || allowed_cidrs.some((cidr) => cidrContains(cidr, source_ip));
  return isAllowed && endpointKey(forward) === endpointKey(endpoint);
}

function dialled({ protocol, destination_ip, destination_port }: Flow): Endpoint {
  return { protocol, gateway_ip: destination_ip, router_port: destination_port };
}
