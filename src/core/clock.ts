/** The time, as everybody but system/ asks for it. */
export interface Clock {
  now(): Date;
}
