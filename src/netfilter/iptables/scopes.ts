/**
 * The rules of Neutron's L3 agent for address scopes → the marks that published packets need. The agent chooses the values,
 * different ones in each router and after each of its restarts, so none is known here. Pure.
 */

import type { ScopeMarks } from '../../pat/router/address-scope.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import type { SavedRule, SavedTable } from './save.ts';

export interface ReadScopes {
  readonly marks: ScopeMarks;
  /** Why published packets may be dropped although they are marked. */
  readonly warnings: readonly RouterWarning[];
}

/** In mangle it marks what comes in by an interface; in filter it drops what leaves by an interface with another mark. */
const CHAIN = 'neutron-l3-agent-scope';
const INGRESS = /^-i (?<name>\S+) -j MARK --set-xmark (?<mark>0x[0-9a-f]+)\/0xffff0000$/;
const EGRESS = /^-o (?<name>\S+) -m mark ! --mark (?<mark>0x[0-9a-f]+)\/0xffff0000 -j DROP$/;
/** Drops misdirected requests to the metadata service; it has nothing to do with address scopes. */
const METADATA = /^-m mark --mark 0x[0-9a-f]+\/0xffff -j DROP$/;
const GATEWAY = /^qg-/;

interface InterfaceMark {
  readonly name: string;
  readonly mark: number;
}

/** Takes the mangle and filter tables of a namespace. Gives no marks where Neutron has no rules for address scopes. */
export function readScopes(namespace: string, mangle: SavedTable, filter: SavedTable): ReadScopes {
  const ingress = read(mangle, INGRESS);
  const egress = read(filter, EGRESS);
  const gatewayMarks = ingress.found.filter(({ name }) => GATEWAY.test(name)).map(({ mark }) => mark);
  const inside = egress.found.filter(({ name }) => !GATEWAY.test(name));
  const marks = new Map(
    inside.map(({ name, mark }) => [name, gatewayMarks.every((each) => each === mark) ? undefined : mark]),
  );
  const unknown = [...ingress.unknown, ...egress.unknown].map(
    (rule): RouterWarning => ({
      code: 'UNKNOWN_SCOPE_RULE',
      text: `${namespace}: unknown rule for address scopes: -A ${CHAIN} ${rule}. Check whether it drops packets to published ports.`,
    }),
  );
  // Without SNAT the agent checks what leaves by the gateway too, and replies have the mark of the scope of their server.
  const dropsReplies = egress.found.some(({ name }) => GATEWAY.test(name));
  const replies = (dropsReplies ? otherScopes(marks) : []).map(
    (name): RouterWarning => ({
      code: 'REPLIES_DROPPED',
      text:
        `${namespace}: Neutron drops replies of servers behind ${name}: the router has no SNAT, and ${name} is in another ` +
        'address scope than the gateway. Set enable_snat, or put the subnet into the address scope of the external network.',
    }),
  );
  return { marks, warnings: [...unknown, ...replies] };
}

/** True for a rule by which Neutron drops packets between address scopes, or requests to its metadata service. */
export function isScopeRule({ chain, text }: SavedRule): boolean {
  return chain === CHAIN && [INGRESS, EGRESS, METADATA].some((form) => form.test(text));
}

/** The interfaces that are in another scope than the gateway. */
function otherScopes(marks: ScopeMarks): string[] {
  return [...marks].flatMap(([name, mark]) => (mark === undefined ? [] : [name]));
}

function read(table: SavedTable, form: RegExp): { found: InterfaceMark[]; unknown: string[] } {
  const texts = table.rules.flatMap(({ chain, text }) => (chain === CHAIN && !METADATA.test(text) ? [text] : []));
  const found = texts.flatMap((text) => {
    const { name, mark } = form.exec(text)?.groups ?? {};
    return name === undefined ? [] : [{ name, mark: Number(mark) }];
  });
  return { found, unknown: texts.filter((text) => !form.test(text)) };
}
