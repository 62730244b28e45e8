/** Whether a file or directory exists. */
import { access } from 'node:fs/promises';

/** False also where this process may not look it up. */
export function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
