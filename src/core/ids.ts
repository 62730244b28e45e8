/** New identifiers. Only system/ generates them; all other rooms are given a NewId. */

/** Gives a new UUID at each call. */
export type NewId = () => string;
