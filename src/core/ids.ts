/** New identifiers, as everybody but system/ asks for them. */
/** Gives a new UUID at each call. */
export type NewId = () => string;
