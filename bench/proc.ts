/** What the kernel says of a process. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const KIBIBYTES_PER_MEBIBYTE = 1024;
/** CLK_TCK, which is 100 wherever Linux runs on a server. */
const TICK_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

/** Memory that it occupies now. */
export function residentMebibytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) / KIBIBYTES_PER_MEBIBYTE;
}

/** Its open descriptors, and how many of them are sockets. */
export function descriptors(pid: number): { readonly open: number; readonly sockets: number } {
  const directory = `/proc/${pid}/fd`;
  const targets = readdirSync(directory).map((name) => readlinkSync(`${directory}/${name}`));
  return { open: targets.length, sockets: targets.filter((target) => target.startsWith('socket:')).length };
}

/** How many processes it has started that still run. */
export function children(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const lists = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'));
  return lists.join(' ').split(/\s+/).filter(Boolean).length;
}

/** Processor time that it has used so far, and that of the programs that it ran to their end. */
export function processorMs(pid: number): { readonly own: number; readonly programs: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in front, in parentheses, may have blanks in it; behind it utime is the twelfth field.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  return { own: (user + system) * TICK_MS, programs: (childrenUser + childrenSystem) * TICK_MS };
}

/** Processor time of all of its threads so far, exact to less than a tick. */
export function threadsMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) => {
    const [run = 0] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ').map(Number);
    return run;
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / NANOSECONDS_PER_MS;
}
