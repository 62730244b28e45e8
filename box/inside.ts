/** Programs in a box: they are started from here, and have nothing of this machine but their input and output. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** Somebody who logs in as root. */
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'USER=root',
  'LOGNAME=root',
  'LANG=C.UTF-8',
  'TERM=dumb',
  'SYSTEMD_PAGER=cat',
  'SYSTEMD_COLORS=0',
];
const LONGEST_SECONDS = 120;

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The process here that is systemd in the box; undefined while none runs. */
export function leaderOf(name: string): number | undefined {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && isIn(name, pid) && isFirst(pid)) return pid;
  }
  return undefined;
}

/** Starts a program, as root. It is not in a unit: of what systemd limits it knows nothing. */
export function start(leader: number, argv: readonly string[], stdio: StdioOptions = 'pipe'): ChildProcess {
  // Its root is the root of its mounts only where this machine does not run in a chroot: without --root, a program would have
  // the files of the machine around it.
  const enter = ['--target', `${leader}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd'];
  return spawn('nsenter', [...enter, '--', 'env', '-i', ...ENVIRONMENT, ...argv], { stdio });
}

/** Runs a program to its end; one that takes longer than two minutes ends with 124. */
export async function exec(leader: number, argv: readonly string[], input?: string | number): Promise<Ended> {
  const given = typeof input === 'string' ? 'pipe' : (input ?? 'ignore');
  const child = start(leader, ['timeout', '-k', '5', `${LONGEST_SECONDS}`, ...argv], [given, 'pipe', 'pipe']);
  // It may end before it has read everything.
  child.stdin?.on('error', () => undefined).end(input);
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Whoever starts a program in a box that ends then sees a signal.
    child.once('close', (code) => resolve({ exitCode: code ?? 137, ...output }));
  });
}

/** Copies a file of this machine into the box; makes its directories. */
export async function copyIn(leader: number, from: string, to: string): Promise<Ended> {
  const file = openSync(from, 'r');
  try {
    const mode = (statSync(from).mode & 0o7777).toString(8);
    return await exec(leader, ['install', '-D', '-m', mode, '/dev/stdin', to], file);
  } finally {
    closeSync(file);
  }
}

/** Copies a file of the box to this machine. */
export async function copyOut(leader: number, from: string, to: string): Promise<number> {
  const file = openSync(to, 'w');
  try {
    const child = start(leader, ['cat', '--', from], ['ignore', file, 'inherit']);
    return await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  } finally {
    closeSync(file);
  }
}

function isIn(name: string, pid: number): boolean {
  return fileOf(pid, 'cgroup').includes(`/praas-box-${name}/`);
}

/** Before it is systemd, it is nspawn, and still sees the files of this machine. */
function isFirst(pid: number): boolean {
  const status = fileOf(pid, 'status');
  return /^Name:\tsystemd$/m.test(status) && /^NSpid:(\t\d+)+\t1$/m.test(status);
}

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}
