import type { QuotaStore } from '../../src/pat/interfaces/quota-store.ts';
import type { MappingStore } from '../../src/pat/interfaces/store.ts';
import type { RouterRecord } from '../../src/pat/mapping/record.ts';
import type { OwnQuota } from '../../src/pat/quota/quota.ts';

export class MemoryQuotaStore implements QuotaStore {
  readonly #quotas = new Map<string, OwnQuota>();

  async read(): Promise<ReadonlyMap<string, OwnQuota>> {
    return new Map(this.#quotas);
  }

  async update(project_id: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    const own = change(this.#quotas.get(project_id));
    if (own === undefined) this.#quotas.delete(project_id);
    else this.#quotas.set(project_id, own);
  }
}

/** The same store, which passes the record on after each transaction. */
export function observedStore(store: MappingStore, onChanged: (record: RouterRecord) => void): MappingStore {
  return {
    routers: () => store.routers(),
    read: (router_id) => store.read(router_id),
    transaction: (router_id, work) =>
      store.transaction(router_id, async (transaction) => {
        try {
          return await work(transaction);
        } finally {
          onChanged(transaction.record);
        }
      }),
  };
}
