/**
 * Where the rules of a mapping are when no namespace has the name of its router: in one that was bound under another name. What was found
 * in these is remembered until a namespace is made, deleted or renamed, because to read them all takes longer than a change.
 */
import { inBatches } from '../core/batches.ts';
import { isUuid } from '../core/values/uuid.ts';
import type { Namespaces } from './namespace.ts';

/** The namespaces that Neutron makes: they have the ID of a router or of a network, and there are hundreds on a node. */
const NEUTRON = /^(?:fip|ovnmeta|qdhcp|qlbaas|qrouter|snat)-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Each read runs programs. */
const MAX_CONCURRENT_READS = 8;

type MappingIds = ReadonlySet<string>;

export class RuleHolders {
  readonly #namespaces: Pick<Namespaces, 'names'>;
  readonly #read: (namespace: string) => Promise<MappingIds>;
  #names: readonly string[] = [];
  #found = new Map<string, Promise<MappingIds>>();

  /** `read` gives the IDs of the mappings that have rules in a namespace. */
  constructor(namespaces: Pick<Namespaces, 'names'>, read: (namespace: string) => Promise<MappingIds>) {
    this.#namespaces = namespaces;
    this.#read = read;
  }

  /**
   * Gives a namespace that has rules of one of the mappings. Those of Neutron are not looked into, nor those with the name of one of these
   * routers. Throws what reading one throws, for nothing is closed without having looked.
   */
  async holderOf(mappingIds: readonly string[], except: readonly string[]): Promise<string | undefined> {
    const names = await this.#namespaces.names();
    if (names !== this.#names) {
      this.#names = names;
      this.#found = new Map();
    }
    const found = this.#found;
    const excepted = new Set(except);
    // No router has its bare UUID as the name of its namespace.
    const others = names.filter((name) => !NEUTRON.test(name) && (isUuid(name) || !excepted.has(name)));
    const holders = await inBatches(others, MAX_CONCURRENT_READS, async (name) => {
      const holds = async (): Promise<boolean> => {
        const ids = await this.#idsIn(name, found);
        return mappingIds.some((id) => ids.has(id));
      };
      if (!(await holds())) return undefined;
      // They may have been removed since.
      found.delete(name);
      return (await holds()) ? name : undefined;
    });
    return holders.find((holder) => holder !== undefined);
  }

  #idsIn(name: string, found: Map<string, Promise<MappingIds>>): Promise<MappingIds> {
    const known = found.get(name);
    if (known) return known;
    const reading = this.#read(name).catch((error: unknown) => {
      found.delete(name);
      throw error;
    });
    found.set(name, reading);
    return reading;
  }
}
