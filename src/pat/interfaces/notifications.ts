/** Notifications of the cloud. They only name the resources to verify; their contents are never taken as true. */
export interface Notifications {
  /**
   * Starts, and reconnects by itself. Each notification calls `onIds` with the IDs of the resources that it names; `onGap` is
   * called whenever notifications may have been missed, and once at the start. Never throws.
   */
  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void;
  /** Why there are no notifications; undefined while they arrive. */
  readonly lastError: string | undefined;
  stop(): Promise<void>;
}
