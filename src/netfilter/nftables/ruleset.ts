/** The rules of any program, as `nft --json` lists them. Pure. */
import { badOutput } from '../../system/tool-errors.ts';

/** An expression or statement: an object whose only key says what it is. Parsed where it is used, because there are many. */
export type Expression = unknown;

export interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Only of a base chain: where the kernel calls it. */
  readonly hook?: string;
  readonly type?: string;
  readonly prio?: number;
  readonly policy?: string;
}

export interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Expression[];
}

interface Container {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

interface Listing {
  readonly nftables: readonly {
    readonly chain?: Chain;
    readonly rule?: NftRule;
    readonly map?: Container;
    readonly set?: Container;
  }[];
}

/** One table. */
export interface NftTable {
  readonly chains: readonly Chain[];
  /** By chain, in the order of packets. */
  readonly rules: ReadonlyMap<string, readonly NftRule[]>;
  /** The elements of named sets and maps. */
  readonly elements: ReadonlyMap<string, readonly unknown[]>;
}

/** Takes the parsed output of `nft --json list …`. Throws TOOL_BAD_OUTPUT where it is something else. */
export function tableOf(document: object): NftTable {
  const { nftables } = document as Listing;
  if (!Array.isArray(nftables)) throw badOutput('nft --json', JSON.stringify(document));
  const rules = nftables.flatMap(({ rule }) => rule ?? []);
  return {
    chains: nftables.flatMap(({ chain }) => chain ?? []),
    rules: Map.groupBy(rules, ({ chain }) => chain),
    elements: new Map(nftables.flatMap(({ map, set }) => map ?? set ?? []).map(({ name, elem = [] }) => [name, elem])),
  };
}

/** Gives the value of an expression of that kind: `field({ meta: { key: 'mark' } }, 'meta')` is `{ key: 'mark' }`. */
export function field(expression: Expression, kind: string): unknown {
  if (typeof expression !== 'object' || expression === null) return undefined;
  return (expression as Readonly<Record<string, unknown>>)[kind];
}

/** True for an expression of that kind, also where it has no value (`{ drop: null }`). */
export function isKind(expression: Expression, kind: string): boolean {
  return typeof expression === 'object' && expression !== null && kind in expression;
}

/** An element without what nft wraps around one that has a comment, a counter or a timeout. */
export function plainElement(element: unknown): unknown {
  return (field(element, 'elem') as { val: unknown } | undefined)?.val ?? element;
}

/** The elements of a set that is written in a rule or is named; undefined for anything else. */
export function setElements(value: unknown, { elements }: Pick<NftTable, 'elements'>): readonly unknown[] | undefined {
  if (typeof value === 'string' && value.startsWith('@')) return elements.get(value.slice(1));
  return field(value, 'set') as readonly unknown[] | undefined;
}
