/**
 * Neutron's L3 agent takes a file lock (fcntl, oslo.concurrency) per namespace before it changes rules. Whoever must
 * touch a built-in chain takes the same one. The file is never created here: one made by root could not be opened by the
 * agent's user. Where there is none, the agent has never written in that namespace.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../system/exec.ts';

/** Exit code of iptables-restore for "somebody else holds the lock"; the wrapper uses it for the same. */
export const EXIT_BUSY = 4;

/** Neither Node nor util-linux can take an fcntl lock; where Neutron runs, Python does too. */
const LOCKER = `
import errno, fcntl, os, sys, time
path, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
end = time.monotonic() + seconds
with open(path, 'a') as held:
    while True:
        try:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            if time.monotonic() > end:
                print('praas: %s is locked by another program' % path, file=sys.stderr)
                sys.exit(${EXIT_BUSY})
            time.sleep(0.02)
    # The lock is this process's, and stays when it becomes the command: neither outlives the other.
    os.set_inheritable(held.fileno(), True)
    os.execvp(command[0], command)
`;

/** The lock file of a namespace, as oslo.concurrency names it, in the first of the directories that has it. */
export async function findNeutronLock(directories: readonly string[], namespace: string): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, `neutron-iptables-${namespace}`);
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** The command that takes the lock (waiting at most `seconds`), runs the command with the same stdin, and gives its exit code. */
export function underLock(path: string, seconds: number, command: Command): Command {
  return { ...command, file: 'python3', args: ['-c', LOCKER, path, String(seconds), command.file, ...command.args] };
}
