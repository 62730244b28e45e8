/** Delayed work. Only system/ starts real timers; all other rooms are given Timers. */
export interface Timers {
  /** Runs `work` once after that many milliseconds (0 to 2^31 - 1). Gives a function that cancels it. */
  after(milliseconds: number, work: () => void): () => void;
}
