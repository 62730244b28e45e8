/** The few interfaces that the domain needs from the world. Adapters implement them, compose/ joins them. */
import type { Flow } from './flow.ts';
import type { ForeignRule } from './foreign.ts';
import type { Endpoint, Forward } from './forward.ts';
import type { Counters } from './pat.ts';
import type { Changes, ObservedForward } from './plan.ts';
import type { Delta, RouterRecord } from './record.ts';
import type { Claim, RouterFacts } from './router.ts';
import type { ScopeMarks } from './scope.ts';
import type { Resolved } from './targets.ts';

/** What should be: one durable record per router. */
export interface MappingStore {
  /** Ids of all routers with a record, sorted. Needs no lock. */
  routers(): Promise<readonly string[]>;
  /**
   * The record of one router as last committed, empty when there is none. Needs no lock and may run beside a writer.
   * Throws STORE_DAMAGED (nothing is moved or overwritten by a read), NOT_PERMITTED.
   */
  read(router_id: string): Promise<RouterRecord>;
  /**
   * Runs `work` as the only writer of this router; other calls for the same router wait in line. When `work` throws
   * after a commit, that is the caller's to roll back first.
   * Throws STORE_LOCKED when another process keeps the state directory, STORE_DAMAGED after setting the file aside.
   */
  transaction<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;
}

export interface StoreTransaction {
  /** The record with everything committed or noted so far. */
  readonly record: RouterRecord;
  /**
   * Makes the delta and everything noted before it durable (it survives a power cut) before it returns.
   * Throws STORE_FULL, STORE_FAILED: the delta is not there.
   */
  commit(delta: Delta): Promise<void>;
  /** Writes a delta that may be lost in a crash until the next commit. Throws as commit does. */
  note(delta: Delta): Promise<void>;
  /** Takes back everything that this transaction committed and noted. Needs no free disk space. */
  rollback(): Promise<void>;
}

export interface Observation {
  readonly forwards: readonly ObservedForward[];
  /** Ports that rules of somebody else take. */
  readonly claims: readonly Claim[];
  /** Rules of somebody else in chains that are ours too, in the order in which packets meet them. */
  readonly foreign?: readonly ForeignRule[];
  /** What is missing of our chains, jumps or tables, in the Dataplane's own terms; undefined: nothing. */
  readonly frame: unknown;
  /** What an operator should know about this router, in whole sentences. */
  readonly warnings: readonly string[];
  /** What its address scopes ask of packets. */
  readonly scope_marks?: ScopeMarks | undefined;
}

/** The kernel, or whatever forwards packets for a router. It speaks of routers and forwards, not of namespaces or rules. */
export interface Dataplane {
  /** All routers on this node, sorted by id. */
  routers(): Promise<readonly string[]>;
  /** Throws ROUTER_NOT_FOUND when the node has no such router (now). */
  facts(router_id: string): Promise<RouterFacts>;
  /** Reads what is in place. Changes nothing. */
  observe(router_id: string): Promise<Observation>;
  /** Ports on which programs listen in the router at this moment. */
  listeners(router_id: string): Promise<readonly Claim[]>;
  /** Applies all of it or nothing, in one transaction. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND. */
  apply(router_id: string, changes: Changes): Promise<void>;
  /**
   * Takes its own frame (chains, jumps, tables) away again where nothing is in it any more; what others have put there keeps
   * it. Throws as apply does.
   */
  dismantle(router_id: string): Promise<void>;
  /** What apply would hand to the kernel, as text; empty for an empty plan. Pure. */
  render(changes: Changes): string;
  /** What observe would report for a forward that is in place as it should be. Pure. */
  expected(forward: Forward): ObservedForward;
  /** Connections to these endpoints. */
  flows(router_id: string, endpoints: readonly Endpoint[]): Promise<readonly Flow[]>;
  /** Ends these connections, and none of those `spared`; one that has just ended by itself is no error. */
  endFlows(router_id: string, flows: readonly Flow[], spared: readonly Flow[]): Promise<void>;
}

/** What is known of a router at the moment. */
export interface RouterView {
  readonly facts: RouterFacts;
  /** Ports that somebody else has. Listening programs are among them when the look was for a port. */
  readonly claims: readonly Claim[];
  /** As Observation.foreign. */
  readonly foreign?: readonly ForeignRule[];
  readonly warnings: readonly string[];
  /** How many mappings of ours, known or not, have something in the kernel. */
  readonly mappings_in_kernel: number;
  /** Just read from the kernel, not remembered. */
  readonly is_fresh: boolean;
}

/** What a settlement did, and the delta that notes it in the store. */
export interface Settlement {
  readonly delta: Delta;
  readonly added: number;
  readonly removed: number;
}

/**
 * What a look is for: `rules`; a `port` to choose or to check, which asks for the listening programs too; or an `audit`,
 * which reads all of it from the kernel, whatever is remembered.
 */
export type LookFor = 'rules' | 'port' | 'audit';

/** Mappings of ours by which the kernel differs from the record, by id. */
export interface Drift {
  /** Not in the kernel as they should be. */
  readonly missing: readonly string[];
  /** In the kernel as they should not be; a mapping edited by hand is in both lists. */
  readonly unexpected: readonly string[];
}

/** Whoever keeps the kernel equal to the store. */
export interface RouterAgent {
  /** Throws ROUTER_NOT_FOUND, TOOL_MISSING, TOOL_FAILED, NOT_PERMITTED. */
  look(router_id: string, purpose?: LookFor): Promise<RouterView>;
  /** Makes the next look read the kernel again. */
  forget(router_id: string): void;
  /** What a settlement would put right. Pure. */
  drift(view: RouterView, record: RouterRecord): Drift;
  /** What settle would hand to the kernel, as text; empty when nothing would change. */
  preview(view: RouterView, record: RouterRecord, ids: readonly string[]): string;
  /**
   * Makes the kernel hold what the record says of the mappings named (of all, when the view is fresh) and ends the
   * connections that contradict it. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND, TOOL_MISSING.
   */
  settle(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<Settlement>;
}

/** What is known of the packets that came through mappings. */
export interface CounterSource {
  /** Undefined for a mapping that nobody has looked at yet. */
  counters(router_id: string, mapping_id: string): Counters | undefined;
  /** Reads the counters of a router anew. Throws as RouterAgent.look does. */
  count(router_id: string): Promise<void>;
}

/** Whoever knows how much a project may have. */
export interface Holder {
  /**
   * Runs `work`, which makes one mapping on the router for each entry of `projects` (null: of no project), while nobody else
   * can take their place. Throws QUOTA_EXCEEDED, before anything is done.
   */
  hold<T>(
    asked: { readonly router_id: string; readonly projects: readonly (string | null)[] },
    work: () => Promise<T>,
  ): Promise<T>;
}

/** What the security groups of a server do to a mapping. */
export interface GroupLook {
  /** Sentences about what they drop. */
  readonly warnings: readonly string[];
  /** Rules that were added. */
  readonly rule_ids: readonly string[];
  /** Rules that were added for other mappings and let this one's packets in too: they go with the last of them. */
  readonly shared_ids?: readonly string[];
}

/** Whoever can look at security groups, and open them. */
export interface GroupAccess {
  /**
   * Looks whether packets to the target arrive; with `opens` it adds what is missing. A look that fails is a warning;
   * opening throws CLOUD_UNAVAILABLE, CLOUD_REFUSED, FORBIDDEN, and then nothing is added.
   */
  look(mapping_id: string, target: Resolved, opens: boolean): Promise<GroupLook>;
  /** Takes away rules that look added. Never throws; gives a sentence for each that stayed. */
  close(rule_ids: readonly string[]): Promise<readonly string[]>;
}

export interface Clock {
  now(): Date;
}

/** Gives a new UUID at each call. */
export type NewId = () => string;

export interface Logger {
  info(message: string, details?: Readonly<Record<string, unknown>>): void;
  warn(message: string, details?: Readonly<Record<string, unknown>>): void;
}
