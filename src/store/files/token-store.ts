/**
 * The tokens of this node's operators, in one small file that is replaced as a whole. It is root's, holds hashes only, and
 * a damaged one is never overwritten. Any number of processes read; writers take turns by the lock beside it.
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
import type { Exec } from '../../system/exec.ts';
import { fingerprint, readIfThere, syncDirectory, writeError } from './disk.ts';
import { parseJson } from './json.ts';
import { StateLock } from './lock.ts';
import { removeLeftovers, replaceFile } from './replace-file.ts';
import { currentVersion, isStored, type Migration, migrate } from './versions.ts';

export interface TokenStoreOptions {
  readonly path: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
}

/** The first leads from version 1 to 2, and so on. */
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
      await makeDirectory(dirname(this.#path));
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

  /** Null when there is no file. Throws TOKENS_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  async read(): Promise<Content | null> {
    const content = await readIfThere(this.#path);
    return content === undefined ? null : parse(content.toString(), this.#path);
  }

  /** Writes nothing that `read` would refuse. Throws the file system's errors; then the file is as it was. */
  async write(content: Content): Promise<void> {
    await replaceFile(this.#path, Buffer.from(`${JSON.stringify(Content.parse(content), undefined, 2)}\n`));
  }
}

function parse(text: string, path: string): Content {
  const stored = parseJson(text);
  if (stored === undefined) throw praasError('TOKENS_DAMAGED', { path, reason: 'it is not JSON' });
  const result = Content.safeParse(isStored(stored) ? migrate(stored, MIGRATIONS, path) : stored);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw praasError('TOKENS_DAMAGED', { path, reason: [...(issue?.path ?? []), issue?.message].join(': ') });
}

function isUnique(tokens: readonly StoredToken[], field: 'id' | 'name'): boolean {
  return new Set(tokens.map((token) => token[field])).size === tokens.length;
}

/** With what is missing above it. Open to all like any directory of settings: praas.conf is in the same one by default. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}
