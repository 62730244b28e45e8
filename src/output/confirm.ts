/** Asks a yes or no question on the terminal. */
import { createInterface } from 'node:readline/promises';

/** Gives the answer (anything but y or yes is no), undefined when there is no terminal to ask on. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
