/** What a row of the bench is. */
import type { Exec } from '../src/system/exec.ts';

export interface Options {
  readonly exec: Exec;
  /** Fewer rounds and smaller numbers, to see that it works. */
  readonly quick: boolean;
  /** Says what is being done. */
  readonly say: (text: string) => void;
  /** Whatever is handed over is called at the end, however that comes. */
  readonly later: (cleanup: () => Promise<unknown>) => void;
}

export interface Figure {
  readonly title: string;
  /** The most that the design allows; undefined: for information. */
  readonly bar: number | undefined;
  readonly ratios: readonly number[];
}

export interface Row {
  readonly name: string;
  measure(options: Options): Promise<Figure[]>;
}
