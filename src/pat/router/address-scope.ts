/**
 * Neutron's address scopes: a router drops what leaves by an inside interface without the mark of that interface's scope,
 * and marks what comes in by the scope of the interface by which it comes. Published packets cross from the one to the
 * other, so they are given the inside mark where it is another one. Pure.
 */
import { cidrContains } from '../../core/values/ipv4.ts';
import type { InsideNetwork, RouterFacts } from './facts.ts';

/**
 * By inside interface, what packets from outside must be marked with to leave by it; undefined where they may leave as they
 * come. Empty for a router without such rules.
 */
export type ScopeMarks = ReadonlyMap<string, number | undefined>;

/** Gives the facts with the marks written to the networks behind the interfaces. */
export function withScopeMarks(facts: RouterFacts, marks: ScopeMarks): RouterFacts {
  if (![...marks.values()].some((mark) => mark !== undefined)) return facts;
  const inside = facts.inside.map((network) => ({ ...network, scopeMark: marks.get(network.interface) }));
  return { ...facts, inside };
}

/** Whether the router has got an inside interface since its marks were read. */
export function isNewTo(marks: ScopeMarks, { inside }: RouterFacts): boolean {
  return marks.size > 0 && inside.some((network) => network.neutron && !marks.has(network.interface));
}

/** The mark that packets to this address behind the router need: that of the narrowest network that has it, as routes go. */
export function scopeMarkFor({ inside }: RouterFacts, server_ip: string): number | undefined {
  const networks = inside.filter(({ cidr }) => cidrContains(cidr, server_ip));
  return networks.toSorted((a, b) => prefixOf(b) - prefixOf(a))[0]?.scopeMark;
}

function prefixOf({ cidr }: InsideNetwork): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}
