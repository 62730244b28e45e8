/** Where events of the cloud come from. An event never says what is true, only what to look at. */
export interface Notifications {
  /**
   * Begins, and goes on by itself. `onIds` is told of each event, with the IDs of everything it is about; `onGap` whenever
   * events may have been missed, the first time too. Never throws.
   */
  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void;
  /** Why there are none; undefined while they come. */
  readonly trouble: string | undefined;
  stop(): Promise<void>;
}
