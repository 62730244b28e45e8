/** Names of the bench's network namespaces, and what is left of benches that were killed. */
import { newUuid } from '../src/system/clock.ts';
import type { Exec } from '../src/system/exec.ts';

const NAME = /^praas-bench-(\d+)-/;

/** A name for a namespace that no other bench and no other process has. */
export function newName(): string {
  return `praas-bench-${process.pid}-${newUuid().slice(0, 8)}`;
}

/** Takes away the namespaces of benches that no longer run. */
export async function removeAbandoned(exec: Exec): Promise<void> {
  const { stdout } = await exec({ file: 'ip', args: ['netns', 'list'] });
  const names = stdout.split('\n').map((line) => line.split(' ', 1)[0] ?? '');
  const abandoned = names.filter((name) => NAME.test(name) && !isRunning(Number(NAME.exec(name)?.[1])));
  const input = abandoned.map((name) => `netns del ${name}\n`).join('');
  if (input !== '') await exec({ file: 'ip', args: ['-force', '-batch', '-'], input });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
