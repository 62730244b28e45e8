/** Suggestions for misspelt words. */

/** The number of characters to add, remove or replace to turn `a` into `b` (Levenshtein distance). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
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
