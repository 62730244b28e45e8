/** Mappings whose security group rules have still to be removed, in memory. */
import type { Orphan, OrphanStore } from '../../src/pat/interfaces/orphan-store.ts';

export class MemoryOrphanStore implements OrphanStore {
  #orphans: readonly Orphan[] = [];

  async read(): Promise<readonly Orphan[]> {
    return this.#orphans;
  }

  async update(change: (before: readonly Orphan[]) => readonly Orphan[]): Promise<void> {
    this.#orphans = change(this.#orphans);
  }
}
