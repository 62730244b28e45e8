/** UUIDs as OpenStack writes them. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for what can be the id of something in OpenStack. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
