/**
 * The lock of Neutron's L3 agent. The agent locks a file for each namespace (fcntl, oslo.concurrency) before it changes rules, so
 * praas takes the same lock before it changes a built-in chain. praas never creates the file: the user of the agent could not
 * open one that root has made. Where the file does not exist, the agent has not yet changed rules in that namespace.
 */
import { join } from 'node:path';
import type { Command } from '../../system/exec.ts';
import { pathExists } from '../../system/path-exists.ts';

/** The exit code of iptables-restore when another process has the xtables lock; LOCKER ends with the same. */
export const EXIT_BUSY = 4;

/**
 * Neither Node nor util-linux can take an fcntl lock. Where Neutron runs, Python is installed. The directory belongs to the user of the
 * agent, and root opens a file in it: through no link, and without waiting for whoever holds the other end of a FIFO.
 */
const LOCKER = `
import errno, fcntl, os, stat, sys, time
path, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
end = time.monotonic() + seconds
try:
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
except FileNotFoundError:
    os.execvp(command[0], command)
except OSError as error:
    if error.errno not in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
        raise
    sys.exit('praas: %s is not a file' % path)
if not stat.S_ISREG(os.fstat(descriptor).st_mode):
    sys.exit('praas: %s is not a file' % path)
with os.fdopen(descriptor, 'r+') as held:
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
    # The lock belongs to this process and stays when it becomes the command: neither outlives the other.
    os.set_inheritable(held.fileno(), True)
    os.execvp(command[0], command)
`;

/** Gives the lock file of a namespace, named as oslo.concurrency does, from the first directory that has it. */
export async function findNeutronLock(directories: readonly string[], namespace: string): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, `neutron-iptables-${namespace}`);
    if (await pathExists(path)) return path;
  }
  return undefined;
}

/** Gives the command that waits for the lock for at most `seconds`, then runs the command with the same stdin and exit code. */
export function underLock(path: string, seconds: number, command: Command): Command {
  return { ...command, file: 'python3', args: ['-c', LOCKER, path, String(seconds), command.file, ...command.args] };
}
