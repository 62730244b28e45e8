/** What the doctor found out about a node: one finding for each thing it checked, and how many there are of each verdict. Pure. */

/**
 * `warning`: it works, and needs attention. `failed`: it does not work. `skipped`: there was nothing to check, or it could not
 * be checked.
 */
const VERDICTS = ['ok', 'warning', 'failed', 'skipped'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  /** What was checked, such as the name of a tool, a key or a file. */
  readonly check: string;
  readonly verdict: Verdict;
  /** The fact that was found. */
  readonly detail: string;
  /** What to do; empty where there is nothing to do. */
  readonly next_step: string;
}

export interface Finding extends Judgement {
  /** The heading below which it is shown, such as `kernel`. */
  readonly group: string;
}

export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Verdict, number>>;
  /** No check failed. */
  readonly ok: boolean;
}

export const ok = (check: string, detail: string): Judgement => ({ check, verdict: 'ok', detail, next_step: '' });
export const skipped = (check: string, detail: string, nextStep = ''): Judgement => ({
  check,
  verdict: 'skipped',
  detail,
  next_step: nextStep,
});
export const warning = (check: string, detail: string, nextStep: string): Judgement => ({
  check,
  verdict: 'warning',
  detail,
  next_step: nextStep,
});
export const failed = (check: string, detail: string, nextStep: string): Judgement => ({
  check,
  verdict: 'failed',
  detail,
  next_step: nextStep,
});

/** Takes all findings, in the order of their checks: groups follow one another as the first of each comes, and stay together. */
export function reportOf(findings: readonly Finding[]): DoctorReport {
  const ordered = [...Map.groupBy(findings, ({ group }) => group).values()].flat();
  const count = (verdict: Verdict): number => ordered.filter((finding) => finding.verdict === verdict).length;
  const counts = { ok: count('ok'), warning: count('warning'), failed: count('failed'), skipped: count('skipped') };
  return { findings: ordered, counts, ok: counts.failed === 0 };
}
