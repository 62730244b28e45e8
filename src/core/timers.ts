/** Doing something later, as the loops of the agent and the monitor need it. */
export interface Timers {
  /** Runs `work` once, in that many milliseconds (0 to 2^31 - 1). Gives what calls it off. */
  after(milliseconds: number, work: () => void): () => void;
}
