/** Gives a number of things as people write it: `1 token`, `2 tokens`. The plural is the noun with an s. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
