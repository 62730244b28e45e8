/** What was thrown, as text: the message of an error, or whatever else it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
