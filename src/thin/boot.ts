/** Where the executable begins: the version, the thin client, and oclif for whatever these leave. */
import { readFileSync, writeSync } from 'node:fs';
import { watchStdout } from '../commands/output/watch-output.ts';
import type { Facts } from './client.ts';

/** These make oclif say more than its answer. */
const TALKATIVE = ['DEBUG', 'CLI_FLAGS_DEBUG'];
const STDOUT = 1;

/** Answers the command line of this process, or lets `leave` do so. `facts` are made by scripts/thin-facts.ts. */
export async function start(facts: Facts, leave: () => void): Promise<void> {
  const text = await textFor(process.argv.slice(2), facts).catch(() => undefined);
  if (text === undefined) leave();
  else if (text !== '') write(`${text}\n`);
}

async function textFor(words: readonly string[], facts: Facts): Promise<string | undefined> {
  const { env } = process;
  if (TALKATIVE.some((name) => env[name])) return undefined;
  if (words.length === 1 && words[0] === '--version') return versionText(facts);
  // It loads node:net, which takes longer than all that the version does.
  const { answer } = await import('./client.ts');
  return answer(words, facts, { env, isRoot: process.getuid?.() === 0 });
}

/** Undefined where oclif calls Linux by another name: below Windows. */
function versionText({ version }: Facts): string | undefined {
  if (/microsoft/i.test(readFileSync('/proc/version', 'latin1'))) return undefined;
  return `${version} ${process.platform}-${process.arch} node-${process.version}`;
}

/** Opening the stream takes longer than writing: it gets what cannot be written at once, and its listener any error. */
function write(text: string): void {
  const bytes = Buffer.from(text);
  const rest = bytes.subarray(writtenOf(bytes));
  if (rest.length === 0) return;
  watchStdout();
  process.stdout.write(rest);
}

/** How many bytes the standard output takes at once. */
function writtenOf(bytes: Buffer): number {
  try {
    return writeSync(STDOUT, bytes);
  } catch {
    return 0;
  }
}
