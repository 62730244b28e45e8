/**
 * Our two chains in the nat table, one in mangle where address scopes need it, and the jumps to them. The jumps are the only thing that touches a built-in chain, and
 * they are appended, once: Neutron's L3 agent deletes in built-in chains by position, so whoever inserts or deletes there
 * at the wrong moment makes Neutron lose an update for good.
 */
import { POSTROUTING, PREROUTING } from './rule.ts';
import type { SavedTable } from './save.ts';
import { inMangle } from './script.ts';

interface Chain {
  readonly own: string;
  readonly hook: string;
}

const BEFORE: Chain = { own: PREROUTING, hook: 'PREROUTING' };
const AFTER: Chain = { own: POSTROUTING, hook: 'POSTROUTING' };

/** The script lines that put what is missing in nat in place; empty when all is there. A jump at any position counts. */
export function missingFrame(nat: SavedTable): string[] {
  return missing(nat, [BEFORE, AFTER]);
}

/** The same for mangle. There our jump has to be behind Neutron's, which marks by interface: at the end, that is. */
export function missingMarkFrame(mangle: SavedTable): string[] {
  return missing(mangle, [BEFORE]).map(inMangle);
}

function missing(table: SavedTable, wanted: readonly Chain[]): string[] {
  const chains = wanted.filter(({ own }) => !table.chains.has(own)).map(({ own }) => `-N ${own}`);
  const jumps = wanted
    .filter(({ own, hook }) => !table.rules.some((rule) => rule.chain === hook && rule.text === `-j ${own}`))
    .map(({ own, hook }) => `-A ${hook} -j ${own}`);
  return [...chains, ...jumps];
}

/**
 * The script lines that take our chains of nat and the jumps to them away, where nothing is in them. A jump from elsewhere
 * is somebody's own, and keeps the chain.
 */
export function emptyFrame(nat: SavedTable): string[] {
  return empty(nat, [BEFORE, AFTER]);
}

/** The same for mangle. */
export function emptyMarkFrame(mangle: SavedTable): string[] {
  return empty(mangle, [BEFORE]).map(inMangle);
}

function empty(table: SavedTable, made: readonly Chain[]): string[] {
  return made.flatMap(({ own, hook }) => {
    const leading = table.rules.filter(({ words }) => words.includes(own));
    const jumps = leading.filter((rule) => rule.chain === hook && rule.text === `-j ${own}`);
    const isUsed = table.rules.some(({ chain }) => chain === own) || jumps.length < leading.length;
    if (isUsed || !table.chains.has(own)) return [];
    return [...jumps.map(() => `-D ${hook} -j ${own}`), `-X ${own}`];
  });
}

/** True when the frame lines of a section change a built-in chain. */
export function touchesBuiltIn(frame: readonly string[]): boolean {
  return frame.some((line) => line.startsWith('-A ') || line.startsWith('-D '));
}
