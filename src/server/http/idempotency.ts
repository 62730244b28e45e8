/**
 * Repeated requests. A caller whose connection broke cannot know whether the first one was carried out; with the same
 * Idempotency-Key it may ask again and gets what the first one got. The IDs of what is made new are made of the key, so a
 * repetition is known even to a daemon that was killed and started in between.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { Answer } from './endpoint.ts';

export interface KeyedRequest {
  readonly requester: Requester;
  readonly key: string;
  /** What is to be made, one for each id. */
  readonly inputs: readonly unknown[];
}

interface Kept {
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
  readonly untilMs: number;
}

const KEPT_MS = 24 * 3600 * 1000;
const MOST_KEPT = 10_000;

export class IdempotencyKeys {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `work` with the ids of what is made new, once per key: who comes meanwhile waits for the same answer, who comes
   * within a day gets it again. A failure is not kept. `again` takes what `work` threw: it makes the answer of what is there
   * already although no answer is kept, or throws it again. Throws IDEMPOTENCY_KEY_REUSED when the key came with another request.
   */
  run(
    request: KeyedRequest,
    work: (ids: readonly string[]) => Promise<Answer>,
    again: (ids: readonly string[], error: unknown) => Promise<Answer>,
  ): Promise<Answer> {
    const owner = JSON.stringify([request.requester.name, request.requester.projectId, request.key]);
    const fingerprint = digest(JSON.stringify(request.inputs)).toString('base64url');
    this.#forgetOld();
    const kept = this.#kept.get(owner);
    if (kept && kept.fingerprint === fingerprint) return kept.answer;
    if (kept) throw praasError('IDEMPOTENCY_KEY_REUSED', { key: request.key });
    // The fingerprint is part of the ids: another request with this key makes other things, not the same ones.
    const ids = request.inputs.map((_, index) => uuidOf(`${owner} ${fingerprint} ${index}`));
    const answer = work(ids).catch((error: unknown) => again(ids, error));
    const now = this.#clock.now().getTime();
    this.#kept.set(owner, { fingerprint, answer, untilMs: now + KEPT_MS });
    answer.catch(() => this.#kept.delete(owner));
    return answer;
  }

  #forgetOld(): void {
    const now = this.#clock.now().getTime();
    for (const [owner, { untilMs }] of this.#kept) {
      if (untilMs > now && this.#kept.size < MOST_KEPT) return;
      this.#kept.delete(owner);
    }
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A UUID of version 8 (RFC 9562, 5.8): made of a hash, not of chance. */
function uuidOf(text: string): string {
  const bytes = digest(text).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
