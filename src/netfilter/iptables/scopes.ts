/**
 * What Neutron's L3 agent keeps in a router for its address scopes → what published packets must be marked with. The values
 * are the agent's own, different in each router and after each of its restarts, so nothing here knows any. Pure.
 */
import type { ScopeMarks } from '../../pat/router/address-scope.ts';
import type { SavedTable } from './save.ts';

export interface ReadScopes {
  readonly marks: ScopeMarks;
  /** Why published packets may be dropped all the same, in whole sentences. */
  readonly warnings: readonly string[];
}

/** In mangle it marks what comes in, in filter it drops what leaves with another mark. */
const CHAIN = 'neutron-l3-agent-scope';
const COMES_IN = /^-i (?<name>\S+) -j MARK --set-xmark (?<mark>0x[0-9a-f]+)\/0xffff0000$/;
const LEAVES = /^-o (?<name>\S+) -m mark ! --mark (?<mark>0x[0-9a-f]+)\/0xffff0000 -j DROP$/;
/** Requests for metadata that went astray: nothing of address scopes. */
const METADATA = /^-m mark --mark 0x[0-9a-f]+\/0xffff -j DROP$/;
const GATEWAY = /^qg-/;

interface InterfaceMark {
  readonly name: string;
  readonly mark: number;
}

/** Takes both tables of a namespace. Without Neutron's rules there are no marks. */
export function readScopes(namespace: string, mangle: SavedTable, filter: SavedTable): ReadScopes {
  const coming = read(mangle, COMES_IN);
  const leaving = read(filter, LEAVES);
  const brought = coming.found.filter(({ name }) => GATEWAY.test(name)).map(({ mark }) => mark);
  const inside = leaving.found.filter(({ name }) => !GATEWAY.test(name));
  const marks = new Map(
    inside.map(({ name, mark }) => [name, brought.every((each) => each === mark) ? undefined : mark]),
  );
  const strange = [...coming.strange, ...leaving.strange].map(
    (text) =>
      `${namespace} has a rule of address scopes that praas does not understand (-A ${CHAIN} ${text}); if published ports ` +
      'do not answer, this may be why.',
  );
  // Without SNAT the agent checks what leaves by the gateway too, and replies come with the mark of their own scope.
  const held = leaving.found.some(({ name }) => GATEWAY.test(name)) ? crossing(marks) : [];
  const replies = held.map(
    (name) =>
      `${namespace} has no SNAT, and ${name} is in another address scope than the gateway: Neutron drops what servers ` +
      'behind it reply. Set enable_snat, or put the subnet into the scope of the external network.',
  );
  return { marks, warnings: [...strange, ...replies] };
}

/** Interfaces into whose scope packets from outside do not get as they come. */
function crossing(marks: ScopeMarks): string[] {
  return [...marks].flatMap(([name, mark]) => (mark === undefined ? [] : [name]));
}

function read(table: SavedTable, form: RegExp): { found: InterfaceMark[]; strange: string[] } {
  const texts = table.rules.flatMap(({ chain, text }) => (chain === CHAIN && !METADATA.test(text) ? [text] : []));
  const found = texts.flatMap((text) => {
    const { name, mark } = form.exec(text)?.groups ?? {};
    return name === undefined ? [] : [{ name, mark: Number(mark) }];
  });
  return { found, strange: texts.filter((text) => !form.test(text)) };
}
