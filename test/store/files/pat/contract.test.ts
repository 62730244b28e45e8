/** The contract suite, run on both stores. */
import { MemoryStore } from '../../../support/memory-store.ts';
import { mappingStoreContract } from '../../../support/store-contract.ts';
import { freshDirectory, openStore } from './support.ts';

mappingStoreContract('FileStore', () => {
  const directory = freshDirectory();
  const store = openStore(directory.path);
  const remove = async (): Promise<void> => {
    await store.close();
    directory.remove();
  };
  return { store, remove };
});

mappingStoreContract('MemoryStore', () => {
  const store = new MemoryStore();
  return { store, remove: () => store.close() };
});
