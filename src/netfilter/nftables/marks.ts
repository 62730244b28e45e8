/**
 * The part of our table for Neutron's address scopes, there only where a router needs it: a map from endpoints to one small
 * chain per scope, which writes the scope into the high half of a packet's mark; the low half is Neutron's. (A map of plain
 * marks would overwrite it.) Its hook is behind Neutron's marks by interface (mangle) and before all translation, so that
 * every packet still has the gateway's address. Every line may be applied again.
 */
import { TABLE } from './layout.ts';

export const MARKS = 'marks';

const MARKING = 'marking';
const SCOPE_CHAIN = /^scope-([0-9a-f]+)$/;
const GOTO = /: goto (\S+) \}$/;
const LOOK_UP = 'meta l4proto { tcp, udp } meta l4proto . ip daddr . th dport';

/** A rule of the listing, by which it is known whether the chains are whole. */
export interface NamedRule {
  readonly chain: string;
  readonly comment?: string;
}

/** The name of the chain that gives this mark. */
export function scopeChain(mark: number): string {
  return `scope-${mark.toString(16)}`;
}

/** The mark that the chain of this name gives; undefined when it is none of ours. */
export function markOfChain(name: string): number | undefined {
  const [, digits] = SCOPE_CHAIN.exec(name) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** The marks that elements in these lines lead to, each once. */
export function marksIn(lines: readonly string[]): number[] {
  const marks = lines.map((line) => markOfChain(GOTO.exec(line)?.[1] ?? '')).filter((mark) => mark !== undefined);
  return [...new Set(marks)];
}

/** The lines that make the map, the hook and the chains of these marks. */
export function markLines(marks: readonly number[]): string[] {
  return [
    `add map ${TABLE} ${MARKS} { type inet_proto . ipv4_addr . inet_service : verdict; }`,
    ...chainLines(MARKING, '{ type filter hook prerouting priority mangle + 10; policy accept; }'),
    `add rule ${TABLE} ${MARKING} ${LOOK_UP} vmap @${MARKS} comment "${nameIn(MARKING)}"`,
    ...marks.flatMap((mark) => {
      const chain = scopeChain(mark);
      const effect = `meta mark set meta mark & 0x0000ffff | 0x${mark.toString(16)}`;
      return [...chainLines(chain), `add rule ${TABLE} ${chain} ${effect} comment "${nameIn(chain)}"`];
    }),
  ];
}

/** The lines that put it right where something of it is missing or other than it should be, for elements with these marks. */
export function missingMarkLines(marks: readonly number[], rules: readonly NamedRule[]): string[] {
  const chains = [MARKING, ...marks.map(scopeChain)];
  const isWhole = chains.every((chain) => {
    const names = rules.filter((rule) => rule.chain === chain).map(({ comment }) => comment);
    return names.join() === nameIn(chain);
  });
  return isWhole ? [] : markLines(marks);
}

function chainLines(chain: string, hook = ''): string[] {
  return [`add chain ${TABLE} ${chain} ${hook}`.trimEnd(), `flush chain ${TABLE} ${chain}`];
}

function nameIn(chain: string): string {
  return `praas-${chain}-1`;
}
