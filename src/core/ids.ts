/** New identifiers. Only system/ generates them; all other rooms are given a NewId. */

/** Gives a new UUID at each call. */
export type NewId = () => string;

/** Gives the ID of a request, in the form of OpenStack's services. */
export function newRequestId(newId: NewId): string {
  return `req-${newId()}`;
}
