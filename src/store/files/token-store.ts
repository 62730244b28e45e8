/**
 * The tokens of this node, in one small file that is replaced as a whole. Only root may read it, it contains only hashes, and a damaged
 * file is never overwritten. Any number of processes read it; writers are serialised by the lock beside it.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import { StoredToken } from '../../core/identity/token.ts';
import type { TokenChange, TokenStore } from '../../core/identity/token-store.ts';
import { Queue } from '../../core/queue.ts';
import { parseJson } from '../../core/values/json.ts';
import { syncDirectory, writeError } from '../../system/disk.ts';
import type { Exec } from '../../system/exec.ts';
import { fingerprint, readIfExists } from './disk.ts';
import { StateLock } from './lock.ts';
import { removeLeftovers, replaceFile } from './replace-file.ts';
import { currentVersion, isStoredObject, type Migration, migrate } from './versions.ts';

export interface TokenStoreOptions {
  readonly path: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** The command that runs, for the message of processes that wait for the lock. */
  readonly command: string;
}

/** The first one migrates version 1 to 2, and so on. */
const MIGRATIONS: readonly Migration[] = [];

const Content = z.strictObject({
  version: z.literal(currentVersion(MIGRATIONS)),
  tokens: z.array(StoredToken).refine((tokens) => isUnique(tokens, 'id') && isUnique(tokens, 'name'), {
    error: 'two tokens have the same ID or name',
  }),
});
type Content = z.infer<typeof Content>;

export class FileTokenStore implements TokenStore {
  readonly #path: string;
  readonly #lock: StateLock;
  readonly #queue = new Queue();

  /** Touches no file. */
  constructor({ path, exec, clock, lockTimeoutSeconds, command }: TokenStoreOptions) {
    this.#path = path;
    this.#lock = new StateLock({
      path: `${path}.lock`,
      exec,
      clock,
      command,
      timeoutSeconds: lockTimeoutSeconds,
    });
  }

  fingerprint(): Promise<string> {
    return fingerprint(this.#path);
  }

  async read(): Promise<readonly StoredToken[]> {
    return (await this.#open()).data.tokens;
  }

  update<T>(change: (tokens: readonly StoredToken[]) => TokenChange<T>): Promise<T> {
    return this.#queue.run(() => this.#locked(() => this.#change(change)));
  }

  async #change<T>(change: (tokens: readonly StoredToken[]) => TokenChange<T>): Promise<T> {
    await removeLeftovers(dirname(this.#path), basename(this.#path));
    const low = await this.#open();
    const { tokens, value } = change(low.data.tokens);
    low.data.tokens = [...tokens];
    await low.write();
    return value;
  }

  async #open(): Promise<Low<Content>> {
    const low = new Low<Content>(new TokenFile(this.#path), { version: currentVersion(MIGRATIONS), tokens: [] });
    await low.read();
    return low;
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    try {
      await createDirectory(dirname(this.#path));
      await this.#lock.acquire();
      return await work();
    } catch (error) {
      throw writeError(this.#path, error);
    } finally {
      await this.#lock.release();
    }
  }
}

/** The file as a lowdb adapter. */
class TokenFile implements Adapter<Content> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Gives null when the file does not exist. Throws TOKENS_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  async read(): Promise<Content | null> {
    const content = await readIfExists(this.#path);
    return content === undefined ? null : parse(content.toString(), this.#path);
  }

  /** Writes nothing that `read` would reject. Throws the errors of the file system; then the file is unchanged. */
  async write(content: Content): Promise<void> {
    await replaceFile(this.#path, Buffer.from(`${JSON.stringify(Content.parse(content), undefined, 2)}\n`));
  }
}

function parse(text: string, path: string): Content {
  const stored = parseJson(text);
  if (stored === undefined) throw praasError('TOKENS_DAMAGED', { path, reason: 'it is not JSON' });
  const result = Content.safeParse(isStoredObject(stored) ? migrate(stored, MIGRATIONS, path) : stored);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw praasError('TOKENS_DAMAGED', { path, reason: [...(issue?.path ?? []), issue?.message].join(': ') });
}

function isUnique(tokens: readonly StoredToken[], field: 'id' | 'name'): boolean {
  return new Set(tokens.map((token) => token[field])).size === tokens.length;
}

/** Creates a directory and its missing parents. All users may open it: praas.conf is in the same one by default. */
async function createDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let created = path; created.length >= first.length; created = dirname(created))
    await syncDirectory(dirname(created));
}
