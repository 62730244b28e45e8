/** The columns of a check: each hop with its verdict. */
import { cleanedLines } from '../../core/values/printable.ts';
import { HOP_LABELS, type Hop, type HopVerdict } from '../../pat/check/report.ts';
import { colour } from '../output/colour.ts';
import type { Column } from '../output/rows.ts';

const COLOURS: Readonly<Record<HopVerdict, Parameters<typeof colour>[0]>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  unknown: 'yellow',
  skipped: 'dim',
};

export const HOP_COLUMNS: readonly Column<Hop>[] = [
  { title: 'Hop', value: ({ hop }) => HOP_LABELS[hop] },
  { title: 'Verdict', value: ({ verdict }) => verdict },
  { title: 'Detail', value: ({ detail }) => detail },
  { title: 'Next Step', value: ({ next_step }) => next_step },
];

/** One line for people: `ok       router: edge is up …`, coloured on a terminal. */
export function hopLine({ hop, verdict, detail, next_step }: Hop): string {
  const word = colour(COLOURS[verdict], verdict.padEnd(8), process.stdout);
  const step = next_step === '' ? '' : `\n          ${next_step}`;
  return `${word} ${cleanedLines(`${HOP_LABELS[hop]}: ${detail}${step}`)}`;
}
