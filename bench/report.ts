/** Figures as Markdown for people. Pure. */
import { summarize } from './measure.ts';
import type { Bar, Facts, Figure, Findings } from './row.ts';

export interface Machine {
  /** Such as `2 cores`, `nftables v1.0.6`; never a name of the machine. */
  readonly facts: readonly string[];
  readonly executableBytes: number;
}

const MEBIBYTE = 1024 * 1024;

/** True when there is no bar, or when the median of the ratios is on its good side. */
export function isHeld({ bar, ratios }: Figure): boolean {
  if (bar === undefined) return true;
  const { median } = summarize(ratios);
  return 'atMost' in bar ? median <= bar.atMost : median >= bar.atLeast;
}

/** The ratios as a Markdown table, and each table of facts below it. */
export function tables({ figures, facts = [] }: Findings): string {
  return [...(figures.length > 0 ? [ratioTable(figures)] : []), ...facts.map(factTable)].join('\n\n');
}

function ratioTable(figures: readonly Figure[]): string {
  const lines = figures.map((figure) => {
    const { min, median, max } = summarize(figure.ratios);
    const ratios = [min, median, max].map((ratio) => ratio.toFixed(2));
    const verdict = figure.bar === undefined ? ['', ''] : [limitOf(figure.bar), isHeld(figure) ? 'held' : 'NOT HELD'];
    return [figure.title, ...ratios, ...verdict];
  });
  return markdown(['what', 'min', 'median', 'max', 'bar', ''], lines);
}

function factTable({ title, columns, lines }: Facts): string {
  return markdown(
    [title, ...columns],
    lines.map(({ what, values }) => [what, ...values.map(spread)]),
  );
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...lines.map(line)].join('\n');
}

/** The median, and the range. */
function spread(values: readonly number[]): string {
  const { min, median, max } = summarize(values);
  return min === max ? plain(median) : `${plain(median)} (${plain(min)} to ${plain(max)})`;
}

function plain(value: number): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function limitOf(bar: Bar): string {
  return 'atMost' in bar ? `≤ ${bar.atMost}` : `≥ ${bar.atLeast}`;
}

/** The whole of docs/benchmarks.md. */
export function page({ figures, facts = [] }: Findings, { facts: machine, executableBytes }: Machine): string {
  return `# Benchmarks

Written by \`npm run bench\` (as root). Every figure is a ratio of two things that are measured alternately in the same run,
because machines are noisy. The bar applies to the median; rows without one are for information.

${tables({ figures })}

- *Connection set-up*: the time of a blocking \`connect\`, the median of each batch, with client and server on a core each.
  Plain routing has no connection tracking either; the row with one rule shows what tracking and translation cost alone.
- *In one process*: as in a daemon, with the records in memory and the rules of the routers known. The command line without
  a daemon reads both at every start, so its cost grows with the router.
- *Into an empty namespace*: as after the namespace of a router was deleted and created again. The time of praas includes
  inspecting the namespace, planning, writing the rules and checking the connection table. Most of the difference to the
  tool is the cost of five more programs, not of the mappings.
- *Deleted*: \`praas pat delete\` of all of them, the durable write included.
- *By hand*: the same script, passed to the tool directly.
- *Over HTTP*: clients that send the next request after each response, each on a connection of its own that stays open, on the
  same machine as the daemon.
- *Memory*: the resident set of the daemon. Of forty requests four create a mapping, four delete it, one lists a hundred, and
  the others show one.
- *A loop*: \`iptables-save\`, or \`nft list ruleset\`, once in each namespace, one after the other, in a shell. The daemon also
  reads addresses and routes, and the rules of the other backend. After a reboot there are namespaces and no rules.

## On the machine that measured

Absolute figures, for information: the median, and the range of the rounds.

${tables({ figures: [], facts })}

The executable has ${(executableBytes / MEBIBYTE).toFixed(0)} MiB. Measured on ${machine.join(', ')}.
`;
}
