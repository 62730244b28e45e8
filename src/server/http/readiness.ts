/** Whether the agent can do its work at this moment. Whoever asks gets an answer in time: a check that fails or hangs is not ok. */
import { isPraasError } from '../../core/errors/errors.ts';
import { CHECK_NAMES, type Check, type ReadinessDocument, WISHES } from '../pat/schemas.ts';

export type { Check };

export interface Readiness {
  check(): Promise<readonly Check[]>;
}

const LIMIT_MS = 2000;
const SECOND_MS = 1000;

/** Asks, and gives the whole answer. Never throws: when the asking itself fails, or takes longer than that, nothing is ok. */
export async function judge(
  readiness: Readiness,
  { limit_ms = LIMIT_MS, wishes = WISHES }: { readonly limit_ms?: number; readonly wishes?: readonly string[] } = {},
): Promise<ReadinessDocument> {
  const checks = await within(limit_ms, readiness).catch((error: unknown) => {
    const detail = detailOf(error);
    return CHECK_NAMES.map((name) => ({ name, ok: false, detail }));
  });
  const ready = checks.every(({ name, ok }) => ok || wishes.includes(name));
  return { ready, degraded: ready && checks.some(({ ok }) => !ok), checks: [...checks] };
}

class TookTooLong extends Error {}

async function within(limit_ms: number, readiness: Readiness): Promise<readonly Check[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `no answer within ${limit_ms / SECOND_MS} seconds; look at the load of this node`;
    timer = setTimeout(() => reject(new TookTooLong(sentence)), limit_ms);
  });
  try {
    return await Promise.race([readiness.check(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is not of the catalogue says something of the inside, and this page is open to everybody. */
function detailOf(error: unknown): string {
  if (isPraasError(error)) return [error.message, ...error.next_steps].join('. ');
  return error instanceof TookTooLong
    ? error.message
    : 'the checks themselves failed; look at the log of the PAT agent';
}
