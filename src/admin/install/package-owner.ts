/** Which Debian package a file belongs to. */
import type { Exec } from '../../system/exec.ts';

/** Gives the name of the package; undefined for a file of none. Needs dpkg-query. */
export async function packageOwnerOf(exec: Exec, path: string): Promise<string | undefined> {
  const { exitCode, stdout } = await exec({ file: 'dpkg-query', args: ['--search', path] });
  return exitCode === 0 ? stdout.split(':')[0] : undefined;
}
