/** What nft is to do with the table of praas; render.ts writes it. Pure. */
import type { Transaction } from '../backend.ts';
import type { Rule } from '../rules.ts';

/** A part of the key or value of a map; with `verdict` the value is a chain to go to. */
export type Field = 'protocol' | 'address' | 'port' | 'verdict';

/** When a chain gets packets: `offset` is added to the priority that nft has under that name. */
export interface Hook {
  readonly type: 'nat' | 'filter';
  readonly at: 'prerouting' | 'postrouting';
  readonly priority: 'dstnat' | 'srcnat' | 'mangle';
  readonly offset: number;
}

/** A rule that is there once for all mappings, and looks packets up in a map or set. */
export type StaticRule =
  /** Destination NAT to the server that the map has for the endpoint, or for endpoint and source. */
  | { readonly kind: 'dnat'; readonly map: string; readonly key: 'endpoint' | 'endpoint and source' }
  /** Masquerades connections of one protocol whose original endpoint is in the set. */
  | { readonly kind: 'masquerade'; readonly protocol: 'tcp' | 'udp'; readonly set: string }
  /** Goes to the chain that the map has for the endpoint. */
  | { readonly kind: 'goto'; readonly map: string }
  /** Writes the address scope into the high half of the mark. */
  | { readonly kind: 'mark'; readonly mark: number };

/** On the table itself and on what every mapping needs in it: its maps, its set, and its chains with their rules. */
export type Statement =
  | { readonly op: 'add' | 'delete'; readonly object: 'table' }
  | {
      readonly op: 'add';
      readonly object: 'map';
      readonly name: string;
      readonly key: readonly Field[];
      readonly value: readonly Field[];
      /** Keys may contain networks. */
      readonly isInterval?: boolean;
      readonly hasCounters?: boolean;
    }
  | { readonly op: 'add'; readonly object: 'set'; readonly name: string; readonly key: readonly Field[] }
  | { readonly op: 'add'; readonly object: 'chain'; readonly name: string; readonly hook?: Hook }
  | { readonly op: 'flush'; readonly object: 'chain'; readonly name: string }
  | {
      readonly op: 'add';
      readonly object: 'rule';
      readonly chain: string;
      readonly name: string;
      readonly rule: StaticRule;
    };

/** On one rule of a forward, which is an element of a map or set. */
export interface ElementOperation {
  readonly op: 'add' | 'delete';
  readonly rule: Rule;
}

export type NftablesTransaction = Transaction<Statement, ElementOperation>;
