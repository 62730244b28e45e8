/** How many files this process may have open. */
import { readFileSync } from 'node:fs';

const LINE = /^Max open files +(\d+)/m;
/** Where the system does not say: the usual limit of a service. */
const USUAL = 1024;

/** Node has raised it to the hard limit. */
export function openFilesLimit(): number {
  try {
    return Number(LINE.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? USUAL);
  } catch {
    return USUAL;
  }
}
