/** The time. Only system/ reads it from the machine; all other rooms are given a clock. */
export interface Clock {
  /** The time of day. It may jump, both ways: only what people agreed on (an expiry, the time of an event) is compared with it. */
  now(): Date;
}

/** Time that only passes, whatever the time of day is set to: for periods, ages and what is kept for a while. */
export interface SteadyClock {
  /** Milliseconds since some moment. */
  elapsedMs(): number;
}
