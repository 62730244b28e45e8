/** How the findings of the doctor look. */

import type { DoctorReport, Finding, Verdict } from '../../admin/doctor/report.ts';
import { counted } from '../../core/values/counted.ts';
import { cleanedLines } from '../../core/values/printable.ts';
import { colour } from './colour.ts';
import type { Column } from './rows.ts';

const COLOURS: Readonly<Record<Verdict, Parameters<typeof colour>[0]>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
};
const INDENT = ' '.repeat(10);

export const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { title: 'Group', value: ({ group }) => group },
  { title: 'Check', value: ({ check }) => check },
  { title: 'Verdict', value: ({ verdict }) => verdict },
  { title: 'Detail', value: ({ detail }) => detail },
  { title: 'Next Step', value: ({ next_step }) => next_step },
];

/** As people read it: findings by group, one line each with the next step below, and a line that counts them. */
export function renderReport({ findings, counts }: DoctorReport): string {
  const groups = [...Map.groupBy(findings, ({ group }) => group)];
  const blocks = groups.map(([group, mine]) => [headingOf(group), ...mine.map(lineOf), ''].join('\n'));
  return [...blocks, countsText(counts)].join('\n');
}

/** Such as `9 ok, 1 warning, 0 failed, 6 skipped`. */
function countsText({ ok, warning, failed, skipped }: DoctorReport['counts']): string {
  const warnings = counted(warning, 'warning');
  return `${ok} ok, ${warnings}, ${failed} failed, ${skipped} skipped`;
}

function headingOf(group: string): string {
  return colour('bold', `${group[0]?.toUpperCase()}${group.slice(1)}`, process.stdout);
}

function lineOf({ check, verdict, detail, next_step }: Finding): string {
  const word = colour(COLOURS[verdict], verdict.padEnd(8), process.stdout);
  const step = next_step === '' || verdict === 'ok' ? '' : `\n${INDENT}${next_step}`;
  return `${word}  ${cleanedLines(`${check}: ${detail}${step}`)}`;
}
