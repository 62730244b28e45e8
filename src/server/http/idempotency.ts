/**
 * Repeated requests. A client whose connection broke does not know whether its request was carried out. With the same
 * Idempotency-Key it may send the request again, and gets the response of the first one. The IDs of new resources are derived
 * from the key, so that a repetition is recognized even after a restart of the daemon.
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

interface Entry {
  readonly fingerprint: string;
  readonly response: Promise<EndpointResponse>;
  readonly untilMs: number;
}

const RETENTION_MS = 24 * 3600 * 1000;
const MAX_ENTRIES = 10_000;

export class IdempotencyKeys {
  readonly #clock: SteadyClock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /**
   * Runs `create` with the IDs of the new resources, once per key. A repetition gets the same response, also while the first
   * request still runs, for a day. A failure is not kept. `recover` takes the error of `create`: it gives the response for
   * resources that exist already although no response is kept, or throws the error again.
   * Throws IDEMPOTENCY_KEY_REUSED when the key came with another request.
   */
  run(
    request: KeyedRequest,
    create: (ids: readonly string[]) => Promise<EndpointResponse>,
    recover: (ids: readonly string[], error: unknown) => Promise<EndpointResponse>,
  ): Promise<EndpointResponse> {
    const owner = JSON.stringify([request.requester.name, request.requester.projectId, request.key]);
    const fingerprint = digest(JSON.stringify(request.inputs)).toString('base64url');
    this.#expire();
    const entry = this.#entries.get(owner);
    if (entry && entry.fingerprint === fingerprint) return entry.response;
    if (entry) throw praasError('IDEMPOTENCY_KEY_REUSED', { key: request.key });
    // The fingerprint is part of the IDs: another request with this key creates other resources, not the same ones.
    const ids = request.inputs.map((_, index) => uuidOf(`${owner} ${fingerprint} ${index}`));
    const response = create(ids).catch((error: unknown) => recover(ids, error));
    const now = this.#clock.elapsedMs();
    this.#entries.set(owner, { fingerprint, response, untilMs: now + RETENTION_MS });
    response.catch(() => this.#entries.delete(owner));
    return response;
  }

  #expire(): void {
    const now = this.#clock.elapsedMs();
    for (const [owner, { untilMs }] of this.#entries) {
      if (untilMs > now && this.#entries.size < MAX_ENTRIES) return;
      this.#entries.delete(owner);
    }
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
