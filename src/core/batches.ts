/** Work on many items, with a limit to how many are under way. */

/** Gives what `work` gives for each item, in their order. `size` items are worked on at a time. */
export async function inBatches<I, O>(
  items: readonly I[],
  size: number,
  work: (item: I) => Promise<O>,
): Promise<readonly O[]> {
  const results: O[] = [];
  for (let first = 0; first < items.length; first += size) {
    results.push(...(await Promise.all(items.slice(first, first + size).map(work))));
  }
  return results;
}
