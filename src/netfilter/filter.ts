/**
 * The way of one packet through the chains of a filter, where a rule may match it, may not, or may match for all that is known
 * of the packet. The same for iptables and nftables. Pure.
 */
import type { FilterVerdict } from '../pat/router/forwarding.ts';

/** Whether a rule matches the packet. */
export type Match = 'yes' | 'no' | 'maybe';

export type Action =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** A rule, as it is for the packet. */
export interface FilterRule {
  readonly match: Match;
  readonly action: Action;
  readonly text: string;
}

/** The rules of one table, by chain. */
type FilterChains = (chain: string) => readonly FilterRule[];

/** Chains that jump to one another may be passed in very many ways. */
const MAX_RULES = 20_000;

type Result = 'accepted' | 'dropped' | 'end';

/** Takes the base chain and, where its policy drops packets, the text of the policy. */
export function verdictOf(chains: FilterChains, base: string, droppingPolicy: string | undefined): FilterVerdict {
  const way = new Way(chains);
  const result = way.pass(base);
  const drops = result === 'dropped' ? way.droppedBy : result === 'end' ? droppingPolicy : undefined;
  if (drops !== undefined) return { verdict: way.mayAccept ? 'may_drop' : 'drops', by: drops };
  return way.mayDropBy === undefined ? { verdict: 'accepts' } : { verdict: 'may_drop', by: way.mayDropBy };
}

/** Both of a condition: a rule has several. */
export function allOf(matches: readonly Match[]): Match {
  if (matches.includes('no')) return 'no';
  return matches.includes('maybe') ? 'maybe' : 'yes';
}

/** The opposite, for a negated condition. */
export function not(match: Match): Match {
  return match === 'maybe' ? match : match === 'yes' ? 'no' : 'yes';
}

class Way {
  readonly #chains: FilterChains;
  #left = MAX_RULES;
  mayAccept = false;
  mayDropBy: string | undefined;
  droppedBy = '';

  constructor(chains: FilterChains) {
    this.#chains = chains;
  }

  pass(chain: string): Result {
    // After a rule that may have left the chain, nothing is certain in it.
    let hasMaybeLeft = false;
    for (const { match, action, text } of this.#chains(chain)) {
      if (match === 'no' || action.kind === 'continue') continue;
      if (this.#left-- <= 0) {
        this.mayDropBy ??= text;
        return 'end';
      }
      const isCertain = match === 'yes' && !hasMaybeLeft;
      if (action.kind === 'return') {
        if (isCertain) return 'end';
        hasMaybeLeft = true;
        continue;
      }
      const result = this.#act(action, text);
      if (isCertain && (result !== 'end' || action.kind === 'goto')) return result;
      if (result === 'accepted') this.mayAccept = true;
      if (result === 'dropped') this.mayDropBy ??= this.droppedBy;
      if (action.kind === 'goto') hasMaybeLeft = true;
    }
    return 'end';
  }

  #act(action: Action, text: string): Result {
    if (action.kind === 'jump' || action.kind === 'goto') return this.pass(action.chain);
    if (action.kind === 'accept') return 'accepted';
    this.droppedBy = text;
    return 'dropped';
  }
}
