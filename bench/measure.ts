/** Two things measured in turn, A B A B …, so that a machine whose speed drifts slows both. Only ratios are quoted. */
export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Takes at least one number. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** Runs `a` and `b` in turn, each giving its own milliseconds; one uncounted pair first. Gives the ratios a / b. */
export async function ratios(rounds: number, a: () => Promise<number>, b: () => Promise<number>): Promise<number[]> {
  await a();
  await b();
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // The first may find a colder machine, so they take turns at that too.
    const [first, second] = round % 2 === 0 ? [a, b] : [b, a];
    const [x, y] = [await first(), await second()];
    found.push(round % 2 === 0 ? x / y : y / x);
  }
  return found;
}

/** How many milliseconds it takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The value that `share` of all are not above. Takes at least one number. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
