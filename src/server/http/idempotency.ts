/**
 * Repeated requests. A client whose connection broke does not know whether its request was carried out. With the same
 * Idempotency-Key it may send the request again: nothing is done twice, and it gets the resources of the first one as they are. The IDs
 * of new resources are derived from the key, so that a repetition is recognized even after a restart of the daemon. Of a request only
 * hashes are kept: never what it asked for or what was responded, of which a client could send any amount.
 */
import { createHash } from 'node:crypto';
import type { SteadyClock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { EndpointResponse } from './endpoint.ts';

interface KeyedRequest {
  readonly requester: Requester;
  readonly key: string;
  /** The new resources, one for each ID. */
  readonly inputs: readonly unknown[];
}

/** What is to be done for a request. `ids` are those of the new resources. */
interface KeyedWork {
  readonly create: (ids: readonly string[]) => Promise<EndpointResponse>;
  /** Gives the response for resources that exist. */
  readonly again: (ids: readonly string[]) => Promise<EndpointResponse>;
  /** True for the error of `create` that says that the resources exist, although no key is kept. */
  readonly exist: (error: unknown) => boolean;
}

interface Entry {
  readonly fingerprint: string;
  readonly untilMs: number;
  /** Until it has ended. */
  response: Promise<EndpointResponse> | undefined;
}

/** The entries of one caller by the hash of the key and of who sent it, oldest first. */
type Entries = Map<string, Entry>;

const RETENTION_MS = 24 * 3600 * 1000;
const MAX_OF_CALLER = 1000;
/** Of all callers together; about 30 MB. */
const MAX_ENTRIES = 100_000;

export class IdempotencyKeys {
  readonly #clock: SteadyClock;
  readonly #callers = new Map<string, Entries>();
  #count = 0;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /**
   * Creates the resources of a request once per key. A repetition shares the response while the first request runs, and later, for a
   * day, gets the resources as they are then. A failure is not kept. Each caller has its own keys, and loses its oldest ones where
   * there are too many. Throws IDEMPOTENCY_KEY_REUSED when the key came with another request, and what the work throws.
   */
  run(request: KeyedRequest, { create, again, exist }: KeyedWork): Promise<EndpointResponse> {
    const { requester, key, inputs } = request;
    const owner = JSON.stringify([requester.name, requester.projectId, key]);
    const fingerprint = digest(JSON.stringify(inputs)).toString('base64url');
    // The fingerprint is part of the IDs: another request with this key creates other resources, not the same ones.
    const ids = inputs.map((_, index) => uuidOf(`${owner} ${fingerprint} ${index}`));
    const entries = this.#entriesOf(requester.caller);
    const name = digest(owner).toString('base64url');
    const present = entries.get(name);
    if (present && present.fingerprint !== fingerprint) throw praasError('IDEMPOTENCY_KEY_REUSED', { key });
    if (present) return present.response ?? again(ids);
    const response = create(ids).catch((error: unknown) => {
      if (exist(error)) return again(ids);
      throw error;
    });
    const entry: Entry = { fingerprint, untilMs: this.#clock.elapsedMs() + RETENTION_MS, response };
    this.#add(requester.caller, entries, name, entry);
    response.then(
      () => {
        entry.response = undefined;
      },
      () => this.#remove(requester.caller, entries, name),
    );
    return response;
  }

  /** Without those that are too old. */
  #entriesOf(caller: string): Entries {
    const entries = this.#callers.get(caller) ?? new Map<string, Entry>();
    const now = this.#clock.elapsedMs();
    for (const [name, { untilMs }] of entries) {
      if (untilMs > now) break;
      this.#remove(caller, entries, name);
    }
    return entries;
  }

  /** Makes room where there is none: the caller with most keys loses its oldest one. */
  #add(caller: string, entries: Entries, name: string, entry: Entry): void {
    if (entries.size >= MAX_OF_CALLER) this.#removeOldest(caller, entries);
    else if (this.#count >= MAX_ENTRIES) {
      const [most] = [...this.#callers].toSorted(([, a], [, b]) => b.size - a.size);
      if (most) this.#removeOldest(...most);
    }
    this.#callers.set(caller, entries.set(name, entry));
    this.#count += 1;
  }

  #removeOldest(caller: string, entries: Entries): void {
    const [oldest] = entries.keys();
    if (oldest !== undefined) this.#remove(caller, entries, oldest);
  }

  #remove(caller: string, entries: Entries, name: string): void {
    if (entries.delete(name)) this.#count -= 1;
    if (entries.size === 0 && this.#callers.get(caller) === entries) this.#callers.delete(caller);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A UUID of version 8 (RFC 9562, 5.8), which is derived from a hash instead of random bits. */
function uuidOf(text: string): string {
  const bytes = digest(text).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
