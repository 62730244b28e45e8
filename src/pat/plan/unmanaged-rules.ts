/**
 * Rules of somebody else in the chains that praas shares with them, as far as they matter for taking them over: what each
 * leads where, or why no mapping could say the same.
 */
import type { Protocol } from '../mapping/mapping.ts';
import type { Claim } from '../router/port-in-use.ts';

/** A port of a server. */
export interface Target {
  readonly protocol: Protocol;
  readonly server_ip: string;
  readonly server_port: number;
}

interface Found {
  /** The rule, as its tool shows it. Equal texts are equal rules. */
  readonly text: string;
  /** Whatever the Dataplane needs to take away exactly this one. */
  readonly handle: unknown;
}

/** It leads packets to a server as a mapping could. */
export interface LeadingRule extends Found, Target {
  readonly kind: 'leads';
  /** Undefined: whatever the packet's destination is. */
  readonly gateway_ip: string | undefined;
  readonly router_port: number;
  /** A network; undefined: from anywhere. */
  readonly source: string | undefined;
}

/** It hides callers from a server. */
export interface HidingRule extends Found, Target {
  readonly kind: 'hides';
}

/** Anything else that sees packets before they are led. */
export interface OtherRule extends Found {
  readonly kind: 'other';
  /** Why no mapping could say it. */
  readonly reason: string;
  /** The packets that may end with it. */
  readonly covers: readonly Claim[];
  /** Where it leads to, as it says it; empty for nowhere. */
  readonly leadsTo: string;
}

export type ForeignRule = LeadingRule | HidingRule | OtherRule;
