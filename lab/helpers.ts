/** What Neutron's agents start and leave running when they end: their namespaces end most of it, but not all is in one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { STATE } from './place.ts';

/** Where Neutron keeps the numbers of such processes. */
const PIDS = `${STATE}/neutron/external/pids`;

/** Ends them. A number that was given to another process meanwhile is left alone: all of ours name a file of the lab. */
export function endHelpers(): void {
  if (!existsSync(PIDS)) return;
  for (const file of readdirSync(PIDS)) {
    const pid = Number(readFileSync(`${PIDS}/${file}`, 'utf8'));
    if (isOurs(pid)) process.kill(pid, 'SIGKILL');
  }
}

function isOurs(pid: number): boolean {
  try {
    return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${STATE}/`);
  } catch {
    return false;
  }
}
