/** UUIDs as OpenStack writes them. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for text that can be the ID of an OpenStack resource. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
