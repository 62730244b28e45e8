/**
 * Our two chains in the nat table and the jumps to them. The jumps are the only thing that touches a built-in chain, and
 * they are appended, once: Neutron's L3 agent deletes in built-in chains by position, so whoever inserts or deletes there
 * at the wrong moment makes Neutron lose an update for good.
 */

import { POSTROUTING, PREROUTING } from './rule.ts';
import type { SavedTable } from './save.ts';

const CHAINS = [
  { own: PREROUTING, hook: 'PREROUTING' },
  { own: POSTROUTING, hook: 'POSTROUTING' },
] as const;

/** The script lines that put what is missing in place; empty when all is there. A jump at any position counts. */
export function missingFrame(table: SavedTable): string[] {
  const chains = CHAINS.filter(({ own }) => !table.chains.has(own)).map(({ own }) => `-N ${own}`);
  const jumps = CHAINS.filter(
    ({ own, hook }) => !table.rules.some((rule) => rule.chain === hook && rule.text === `-j ${own}`),
  ).map(({ own, hook }) => `-A ${hook} -j ${own}`);
  return [...chains, ...jumps];
}

/** True when the frame lines change a built-in chain. */
export function touchesBuiltIn(frame: readonly string[]): boolean {
  return frame.some((line) => line.startsWith('-A '));
}
