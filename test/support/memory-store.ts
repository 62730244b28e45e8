import type { MappingStore, StoreTransaction } from '../../src/pat/interfaces/store.ts';
import { type Delta, emptyRecord, isEmptyDelta, type RouterRecord, withDelta } from '../../src/pat/mapping/record.ts';

export class MemoryStore implements MappingStore {
  readonly #records = new Map<string, RouterRecord>();
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(records: readonly RouterRecord[] = []) {
    for (const record of records) this.#records.set(record.router_id, record);
  }

  async routers(): Promise<readonly string[]> {
    return [...this.#records.keys()].toSorted();
  }

  async read(router_id: string): Promise<RouterRecord> {
    return this.#records.get(router_id) ?? emptyRecord(router_id);
  }

  async has(router_id: string): Promise<boolean> {
    return this.#records.has(router_id);
  }

  transaction<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const result = (this.#lines.get(router_id) ?? Promise.resolve()).then(() => this.#run(router_id, work));
    this.#lines.set(
      router_id,
      result.catch(() => undefined),
    );
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lines.values());
  }

  async #run<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const records = this.#records;
    const begin = records.get(router_id);
    let hasEnded = false;
    const change = (next: (record: RouterRecord) => RouterRecord | undefined): void => {
      if (hasEnded) throw new Error('a transaction was used after its end');
      const record = next(records.get(router_id) ?? emptyRecord(router_id));
      if (record) records.set(router_id, record);
      else records.delete(router_id);
    };
    const write = async (delta: Delta): Promise<void> => {
      if (hasEnded || !isEmptyDelta(delta)) change((record) => withDelta(record, delta));
    };
    try {
      return await work({
        get record() {
          return records.get(router_id) ?? emptyRecord(router_id);
        },
        commit: write,
        write: write,
        rollback: async () => change(() => begin),
      });
    } finally {
      hasEnded = true;
    }
  }
}
