/** What a row of the bench is. */
import type { Exec } from '../src/system/exec.ts';

export interface Options {
  /** For what is measured: nothing of it goes on when the bench is interrupted. */
  readonly exec: Exec;
  /** For building and taking away: goes on to its end. */
  readonly steady: Exec;
  /** Aborts when the bench is interrupted. */
  readonly ending: AbortSignal;
  /** Fewer rounds and smaller numbers, to see that it works. */
  readonly quick: boolean;
  /** Says what is being done. */
  readonly say: (text: string) => void;
  /** Whatever is handed over is called at the end, however that comes, the last one first. */
  readonly later: (cleanup: () => Promise<unknown>) => void;
}

/** What the design allows: a cost has a most, a gain has a least. */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

export interface Figure {
  readonly title: string;
  /** Left out: for information. */
  readonly bar?: Bar;
  readonly ratios: readonly number[];
}

/** Absolute figures of the machine that measured: a table of its own, for information. */
export interface Facts {
  /** What its lines are. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly FactLine[];
}

export interface FactLine {
  readonly what: string;
  /** By column; each as often as it was measured. */
  readonly values: readonly (readonly number[])[];
}

export interface Findings {
  readonly figures: readonly Figure[];
  readonly facts?: readonly Facts[];
}

export interface Row {
  readonly name: string;
  /** Does one thing after the other, so that nothing is under way when it has thrown. */
  measure(options: Options): Promise<Findings>;
}
