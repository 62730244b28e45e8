/** Mappings whose security group rules have still to be removed, in one small file of the state directory. */
import { join } from 'node:path';
import * as z from 'zod';
import type { Orphan, OrphanStore } from '../../../pat/interfaces/orphan-store.ts';
import { RouterId } from '../../../pat/mapping/mapping.ts';
import { damaged } from '../damage.ts';
import { WholeFile, type WholeFileOptions } from '../whole-file.ts';
import { createStateDirectory } from './layout.ts';

interface OrphanStoreOptions extends WholeFileOptions {
  readonly stateDir: string;
}

const Content = z.strictObject({
  version: z.literal(1),
  orphans: z.array(z.strictObject({ mapping_id: z.uuid(), router_id: RouterId })),
});
type Content = z.infer<typeof Content>;

export class FileOrphanStore implements OrphanStore {
  readonly #file: WholeFile<Content>;
  /** As last read: each change of a security group asks, and the file rarely changes. */
  #cache: { readonly fingerprint: string; readonly orphans: readonly Orphan[] } | undefined;

  /** Touches no file. */
  constructor({ stateDir, ...options }: OrphanStoreOptions) {
    const path = join(stateDir, 'orphaned-rules.json');
    const rules = {
      path,
      schema: Content,
      migrations: [],
      sealedSince: 1,
      damaged: (reason: string) => damaged(path, reason),
    };
    this.#file = new WholeFile(rules, options, createStateDirectory);
  }

  async read(): Promise<readonly Orphan[]> {
    const fingerprint = await this.#file.fingerprint();
    if (this.#cache?.fingerprint === fingerprint) return this.#cache.orphans;
    const orphans = (await this.#file.read())?.orphans ?? [];
    this.#cache = { fingerprint, orphans };
    return orphans;
  }

  update(change: (before: readonly Orphan[]) => readonly Orphan[]): Promise<void> {
    return this.#file.update((before) => {
      const orphans = [...change(before?.orphans ?? [])];
      return { content: { version: 1, orphans }, value: undefined };
    });
  }
}
