/** Finds the word that was probably meant. */

/** How many characters must be added, removed, replaced or swapped to make `b` of `a` (optimal string alignment). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  let twoAbove: readonly number[] = [];
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwapped = column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwapped ? (twoAbove[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, swapped));
    }
    twoAbove = above;
    above = current;
  }
  return above[b.length] ?? 0;
}

/**
 * Gives the word nearest to `text`, the first of several, or undefined when every word differs in more than a third of its
 * characters. Case is ignored, and so is `-` for `_`.
 */
export function nearest<T extends string>(text: string, words: readonly T[]): T | undefined {
  const plain = text.toLowerCase().replaceAll('-', '_');
  let best: { word: T; steps: number } | undefined;
  for (const word of words) {
    const maxSteps = Math.floor(word.length / 3);
    const steps = distance(plain, word);
    if (steps <= maxSteps && (best === undefined || steps < best.steps)) best = { word, steps };
  }
  return best?.word;
}
