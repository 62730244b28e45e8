/** How findings of the doctor look. */
import type { Finding, Group, Report, Verdict } from '../../admin/doctor/report.ts';
import { colour } from './colour.ts';
import type { Column } from './rows.ts';

const COLOURS: Readonly<Record<Verdict, Parameters<typeof colour>[0]>> = {
  ok: 'green',
  warning: 'yellow',
  wrong: 'red',
  skipped: 'dim',
};
const STEP = ' '.repeat(10);

export const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { title: 'Group', value: ({ group }) => group },
  { title: 'Check', value: ({ check }) => check },
  { title: 'Verdict', value: ({ verdict }) => verdict },
  { title: 'Detail', value: ({ detail }) => detail },
  { title: 'Next Step', value: ({ next_step }) => next_step },
];

/** For a person: findings by group, one line each with the next step below, and a line that counts. */
export function renderReport({ findings, counts }: Report): string {
  const groups = [...Map.groupBy(findings, ({ group }) => group)];
  const blocks = groups.map(([group, mine]) => [headOf(group), ...mine.map(lineOf), ''].join('\n'));
  const { ok, warning, wrong, skipped } = counts;
  const others = skipped > 0 ? `, ${skipped} not looked at` : '';
  return [...blocks, `${ok} ok, ${warning} to be seen to, ${wrong} wrong${others}`].join('\n');
}

function headOf(group: Group): string {
  return colour('bold', `${group[0]?.toUpperCase()}${group.slice(1)}`, process.stdout);
}

function lineOf({ check, verdict, detail, next_step }: Finding): string {
  const word = colour(COLOURS[verdict], verdict.padEnd(8), process.stdout);
  const step = next_step === '' || verdict === 'ok' ? '' : `\n${STEP}${next_step}`;
  return `${word}  ${check}: ${detail}${step}`;
}
