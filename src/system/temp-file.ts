/** Temporary files for programs that read only from files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with the path of a file with that text, which only this user may read, and removes the file afterwards. */
export async function withTempFile<T>(text: string, work: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'praas-'));
  try {
    const path = join(directory, 'input');
    await writeFile(path, text, { mode: 0o600 });
    return await work(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
