/** The tokens of this node. Only root may read their file, and it contains only hashes. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { praasError } from '../../core/errors/errors.ts';
import { StoredToken } from '../../core/identity/token.ts';
import type { TokenChange, TokenStore } from '../../core/identity/token-store.ts';
import { syncDirectory } from '../../system/disk.ts';
import { requireSafeDirectory } from './safe-directory.ts';
import { currentVersion, type Migration } from './versions.ts';
import { WholeFile, type WholeFileOptions } from './whole-file.ts';

export interface TokenStoreOptions extends WholeFileOptions {
  readonly path: string;
}

/** The first one migrates version 1 to 2, and so on. Version 2 has a checksum (seal.ts). */
const MIGRATIONS: readonly Migration[] = [(stored) => stored];

const Content = z.strictObject({
  version: z.literal(currentVersion(MIGRATIONS)),
  tokens: z.array(StoredToken).refine((tokens) => isUnique(tokens, 'id') && isUnique(tokens, 'name'), {
    error: 'different in ID and name',
  }),
});
type Content = z.infer<typeof Content>;

export class FileTokenStore implements TokenStore {
  readonly #directory: string;
  readonly #file: WholeFile<Content>;

  /** Touches no file. */
  constructor({ path, ...options }: TokenStoreOptions) {
    this.#directory = dirname(path);
    const damaged = (reason: string): Error => praasError('TOKENS_DAMAGED', { path, reason });
    this.#file = new WholeFile(
      { path, schema: Content, migrations: MIGRATIONS, sealedSince: 2, damaged },
      options,
      createDirectory,
    );
  }

  fingerprint(): Promise<string> {
    return this.#file.fingerprint();
  }

  async read(): Promise<readonly StoredToken[]> {
    await requireSafeDirectory(this.#directory);
    return (await this.#file.read())?.tokens ?? [];
  }

  update<T>(change: (tokens: readonly StoredToken[]) => TokenChange<T>): Promise<T> {
    return this.#file.update((before) => {
      const { tokens, value } = change(before?.tokens ?? []);
      return { content: { version: currentVersion(MIGRATIONS), tokens: [...tokens] }, value };
    });
  }
}

function isUnique(tokens: readonly StoredToken[], field: 'id' | 'name'): boolean {
  return new Set(tokens.map((token) => token[field])).size === tokens.length;
}

/** Creates a directory and its missing parents. All users may open it: praas.conf is in the same one by default. */
async function createDirectory(path: string): Promise<void> {
  await requireSafeDirectory(path);
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let created = path; created.length >= first.length; created = dirname(created))
    await syncDirectory(dirname(created));
}
