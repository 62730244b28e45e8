/** The log. Messages read `noun verb-ed` or `noun state`; facts are given as details. */
export interface Logger {
  info(message: string, details?: Readonly<Record<string, unknown>>): void;
  warn(message: string, details?: Readonly<Record<string, unknown>>): void;
}
