/** The time. Only system/ reads it from the machine; all other rooms are given a Clock. */
export interface Clock {
  now(): Date;
}
