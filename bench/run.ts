// Measures all rows, prints them and writes docs/benchmarks.md.
//   npm run bench, or node bench/run.ts [--quick] [ROW ...]
// A quick or partial run only prints. Ends with 1 when a bar is not held. Needs root and build/praas.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { createExec } from '../src/system/exec.ts';
import { isHeld, type Machine, page, tables } from './report.ts';
import type { Facts, Figure, Findings } from './row.ts';
import { ROWS } from './rows/index.ts';
import { PRAAS } from './whole-command.ts';

const MEASURE_ROW = new URL('./measure-row.ts', import.meta.url).pathname;
const PAGE = 'docs/benchmarks.md';
const TIMEOUT_MS = 10_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const options = { quick: { type: 'boolean', default: false } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const names = ROWS.map(({ name }) => name);
const chosen = positionals.length > 0 ? positionals : names;
const trouble = whyNot();
if (trouble === undefined) await main();
else {
  console.error(`bench: ${trouble}`);
  process.exitCode = 2;
}

/** Why nothing can be measured; undefined if it can. */
function whyNot(): string | undefined {
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) return `row ${unknown} not found; rows: ${names.join(', ')}`;
  if (process.getuid?.() !== 0) return 'root is required to create network namespaces';
  if (statSync(PRAAS, { throwIfNoEntry: false }) === undefined) return `${PRAAS} not found: run make build first`;
  return undefined;
}

async function main(): Promise<void> {
  const figures: Figure[] = [];
  const facts: Facts[] = [];
  for (const name of chosen) {
    const found = await measured(name);
    if (found === undefined) return;
    // The bars apply to a full run only.
    figures.push(...(values.quick ? found.figures.map(({ title, ratios }) => ({ title, ratios })) : found.figures));
    facts.push(...(found.facts ?? []));
  }
  console.log(tables({ figures, facts }));
  if (!values.quick && positionals.length === 0) {
    writeFileSync(PAGE, page({ figures, facts }, await machine()));
    console.error(`wrote ${PAGE}`);
  }
  if (!figures.every(isHeld)) process.exitCode = 1;
}

/** The findings of one row; undefined, with the exit code set, when it failed or was interrupted. */
async function measured(name: string): Promise<Findings | undefined> {
  const args = [MEASURE_ROW, name, ...(values.quick ? ['--quick'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  const closed = once(child, 'close');
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8')) output += text;
  await closed;
  for (const signal of SIGNALS) process.off(signal, pass);
  if (child.exitCode === 0) return JSON.parse(output) as Findings;
  process.exitCode = child.exitCode ?? 1;
  return undefined;
}

async function machine(): Promise<Machine> {
  const exec = createExec(TIMEOUT_MS, process.env);
  const version = async (file: string): Promise<string> => (await exec({ file, args: ['--version'] })).stdout.trim();
  const facts = [
    `${cpus().length} cores`,
    `Linux ${release().split('-')[0]}`,
    `Node ${process.version}`,
    (await version('nft')).replace(/ \(.*/, ''),
    await version('iptables'),
  ];
  return { facts, executableBytes: statSync(PRAAS).size };
}
