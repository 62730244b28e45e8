/** What the doctor found out about a node: one finding for each thing looked at, and a count. Pure. */

/** In the order in which they are shown. */
export const GROUPS = [
  'rights',
  'tools',
  'kernel',
  'configuration',
  'store',
  'daemon',
  'services',
  'cloud',
  'clock',
  'routers',
] as const;
export type Group = (typeof GROUPS)[number];

/** `warning`: it works, and should be seen to. `wrong`: it does not work. `skipped`: it was not, or could not be, looked at. */
export const VERDICTS = ['ok', 'warning', 'wrong', 'skipped'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  /** What was looked at, such as the name of a tool, a key or a file. */
  readonly check: string;
  readonly verdict: Verdict;
  /** The fact that was seen. */
  readonly detail: string;
  /** What to do; empty where nothing is to be done. */
  readonly next_step: string;
}

export interface Finding extends Judgement {
  readonly group: Group;
}

export interface Report {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Verdict, number>>;
  /** Nothing is wrong. */
  readonly ok: boolean;
}

export const ok = (check: string, detail: string): Judgement => ({ check, verdict: 'ok', detail, next_step: '' });
export const skipped = (check: string, detail: string, next_step = ''): Judgement => ({
  check,
  verdict: 'skipped',
  detail,
  next_step,
});
export const warning = (check: string, detail: string, next_step: string): Judgement => ({
  check,
  verdict: 'warning',
  detail,
  next_step,
});
export const wrong = (check: string, detail: string, next_step: string): Judgement => ({
  check,
  verdict: 'wrong',
  detail,
  next_step,
});

/** Findings of one group stay in their order. */
export function reportOf(findings: readonly Finding[]): Report {
  const ordered = GROUPS.flatMap((group) => findings.filter((finding) => finding.group === group));
  const count = (verdict: Verdict): number => ordered.filter((finding) => finding.verdict === verdict).length;
  const counts = { ok: count('ok'), warning: count('warning'), wrong: count('wrong'), skipped: count('skipped') };
  return { findings: ordered, counts, ok: counts.wrong === 0 };
}
