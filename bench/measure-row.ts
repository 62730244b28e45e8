// Measures one row, in a process of its own: what an earlier row left in memory makes starting programs slower. Takes the
// row's name and maybe --quick; prints its findings as JSON. What it has built it takes away again, also when interrupted.
import { parseArgs } from 'node:util';
import { createExec } from '../src/system/exec.ts';
import { removeAbandoned } from './namespaces.ts';
import type { Options } from './row.ts';
import { ROWS } from './rows/index.ts';

const TIMEOUT_MS = 300_000;
const EXIT_INTERRUPTED = 130;

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
const row = ROWS.find(({ name }) => name === positionals[0]);
if (row === undefined) throw new Error(`no row ${positionals[0]}`);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
const cleanups: (() => Promise<unknown>)[] = [];
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const options: Options = {
  exec: createExec(TIMEOUT_MS, process.env, interrupted.signal),
  // A signal that never comes: out of reach of Ctrl-C all the same.
  steady: createExec(TIMEOUT_MS, process.env, new AbortController().signal),
  ending: interrupted.signal,
  quick: values.quick ?? false,
  say,
  later: (cleanup) => cleanups.push(cleanup),
};
// Nothing waits for it, so what became of the rest is unknown: everything ends, and is removed.
process.on('uncaughtException', (error) => {
  say(`${row.name}: ${error.stack ?? error.message}`);
  process.exitCode = 1;
  interrupted.abort();
});
try {
  await removeAbandoned(options.steady);
  const findings = await row.measure(options);
  options.ending.throwIfAborted();
  process.stdout.write(JSON.stringify(findings));
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  say(`${row.name}: interrupted`);
  process.exitCode ??= EXIT_INTERRUPTED;
} finally {
  for (const cleanup of cleanups.toReversed())
    await cleanup().catch((error: unknown) => say(`cleaning up: ${String(error)}`));
}
