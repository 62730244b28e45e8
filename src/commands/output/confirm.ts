/** Asks a yes or no question on the terminal. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Gives the answer, undefined when there is no terminal to ask on. Only y or yes is yes; the end of the input (Ctrl-D) is
 * no. Throws the reason of `ending` when that aborts.
 */
export async function confirm(question: string, ending: AbortSignal): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // The terminal stays as it is: it edits the line, and its Ctrl-C is a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    process.stderr.write(`${question} [y/N] `);
    const [answer] = await Promise.race([
      once(lines, 'line', { signal: ending }),
      once(lines, 'close', { signal: ending }),
    ]);
    if (answer === undefined) process.stderr.write('\n');
    return /^y(es)?$/i.test(String(answer ?? '').trim());
  } catch (error) {
    ending.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
