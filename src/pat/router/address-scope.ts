/**
 * Address scopes of Neutron: a router marks each packet with the scope of the interface by which it enters, and drops it when
 * it leaves by an internal interface of another scope. Packets to published ports cross scopes, so they get the mark of the
 * internal interface where the marks differ. Pure.
 */
import { networkOf, type RouterFacts } from './facts.ts';

/**
 * By internal interface, the mark that packets from outside need to leave by it; undefined where they need none. Empty for a
 * router without address scopes.
 */
export type ScopeMarks = ReadonlyMap<string, number | undefined>;

/** Gives the facts with the mark of its interface added to each network. */
export function withScopeMarks(facts: RouterFacts, marks: ScopeMarks): RouterFacts {
  if (![...marks.values()].some((mark) => mark !== undefined)) return facts;
  const inside = facts.inside.map((network) => ({ ...network, scopeMark: marks.get(network.interface) }));
  return { ...facts, inside };
}

/** True when the router has an internal interface that it did not have when the marks were read. */
export function hasNewInterface(marks: ScopeMarks, { inside }: RouterFacts): boolean {
  return marks.size > 0 && inside.some((network) => network.isNeutron && !marks.has(network.interface));
}

/** Gives the mark that packets to the server need: that of the longest matching prefix, as in routing. */
export function scopeMarkFor(facts: RouterFacts, serverIp: string): number | undefined {
  return networkOf(facts, serverIp)?.scopeMark;
}
