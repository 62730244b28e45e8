/** Text for a program that reads only from a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with the path of a file that holds the text, readable by nobody else, and removes it however that ends. */
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
