/** A yes-or-no question on the terminal. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Gives the answer; undefined without a terminal. Only y and yes mean yes; the end of the input (Ctrl-D) means no. Throws the
 * reason of `abortSignal` if that aborts.
 */
export async function confirm(question: string, abortSignal: AbortSignal): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // The terminal stays in line mode: it edits the line, and Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    process.stderr.write(`${question} [y/N] `);
    const [answer] = await Promise.race([
      once(lines, 'line', { signal: abortSignal }),
      once(lines, 'close', { signal: abortSignal }),
    ]);
    if (answer === undefined) process.stderr.write('\n');
    return /^y(es)?$/i.test(String(answer ?? '').trim());
  } catch (error) {
    abortSignal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
