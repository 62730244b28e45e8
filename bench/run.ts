// Measures the rows of the design's table that exist by now, prints them and writes docs/benchmarks.md.
//   npm run bench [-- --quick] [-- --rows create,bulk]
// Needs root and build/praas. Everything happens in network namespaces of its own, which it takes away again.
import { statSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { createExec } from '../src/system/exec.ts';
import { summarize } from './measure.ts';
import type { Figure, Options, Row } from './row.ts';
import { bulk } from './rows/bulk.ts';
import { connection } from './rows/connection.ts';
import { create } from './rows/create.ts';
import { start } from './rows/start.ts';
import { PRAAS } from './whole-command.ts';

const ROWS: readonly Row[] = [connection, create, bulk, start];
const TIMEOUT_MS = 300_000;
const MEBIBYTE = 1024 * 1024;

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, rows: { type: 'string' } } });
if (process.getuid?.() !== 0) throw new Error('the bench makes network namespaces: run it as root');
const wanted = values.rows?.split(',') ?? ROWS.map(({ name }) => name);
const unknown = wanted.find((name) => !ROWS.some((row) => row.name === name));
if (unknown !== undefined) throw new Error(`no row ${unknown}; there are: ${ROWS.map(({ name }) => name).join(', ')}`);

const cleanups: (() => Promise<unknown>)[] = [];
const tidyUp = async (): Promise<void> => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup().catch(() => undefined);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void tidyUp().then(() => process.exit(130)));
}
const options: Options = {
  exec: createExec(TIMEOUT_MS, process.env),
  quick: values.quick ?? false,
  say: (text) => process.stderr.write(`${text}\n`),
  later: (cleanup) => cleanups.push(cleanup),
};

const figures: Figure[] = [];
try {
  for (const row of ROWS.filter(({ name }) => wanted.includes(name))) {
    figures.push(...(await row.measure(options)));
    await tidyUp();
  }
} finally {
  await tidyUp();
}
const table = [
  '| what | min | median | max | bar | |',
  '|---|---|---|---|---|---|',
  ...figures.map(({ title, bar, ratios }) => {
    const { min, median, max } = summarize(ratios);
    const verdict = bar === undefined ? '' : median <= bar ? 'held' : 'NOT HELD';
    const limit = bar === undefined ? '' : `≤ ${bar}`;
    return `| ${title} | ${min.toFixed(2)} | ${median.toFixed(2)} | ${max.toFixed(2)} | ${limit} | ${verdict} |`;
  }),
].join('\n');
console.log(table);
if (!options.quick && values.rows === undefined) writeFileSync('docs/benchmarks.md', await page(table));

async function page(rows: string): Promise<string> {
  const version = async (file: string, args: string[]): Promise<string> =>
    (await options.exec({ file, args })).stdout.trim();
  const machine = [
    `${cpus().length} cores`,
    `Linux ${release().split('-')[0]}`,
    `Node ${process.version}`,
    await version('nft', ['--version']),
    await version('iptables', ['--version']),
  ].join(', ');
  return `# Benchmarks

Written by \`npm run bench\` (as root). Every figure is a ratio of two things measured in turn in the same run, A B A B …,
because machines are noisy; absolute times are not quoted. The bar holds for the median.

${rows}

The executable has ${(statSync(PRAAS).size / MEBIBYTE).toFixed(0)} MiB. Measured on ${machine}.

- *In one process*: as a daemon does it, with the record in memory and the router's rules known. The command line without a
  daemon reads both at every start, so its cost grows with the router.
- *Into an empty namespace*: what happens when a router's namespace has been deleted and made again. The time of praas covers
  looking at the namespace, planning, writing the rules and checking the connection table.
- *By hand*: the same script, handed to the tool directly.
`;
}
