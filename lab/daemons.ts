/**
 * Programs that go on after the command that started them. A pid file holds the process and when it started: a number that
 * was given to another process meanwhile is never signalled.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { LOGS, STATE } from './place.ts';
import { ENVIRONMENT, LabError } from './shell.ts';

const STOP_MS = 10_000;
const POLL_MS = 100;
/** In /proc/PID/stat, counted behind the name in brackets. */
const START_TIME = 19;

const fileOf = (name: string): string => `${STATE}/pids/${name}.pid`;

export function logOf(name: string): string {
  return `${LOGS}/${name}.log`;
}

/** The process of that name; undefined when it does not run. */
export function pidOf(name: string): number | undefined {
  if (!existsSync(fileOf(name))) return undefined;
  const [pid = '', since] = readFileSync(fileOf(name), 'utf8').trim().split(' ');
  return since !== undefined && startOf(Number(pid)) === since ? Number(pid) : undefined;
}

/** Names that were started and not stopped, whether they still run or not. */
export function known(): readonly string[] {
  return readdirSync(`${STATE}/pids`).map((file) => file.replace(/\.pid$/, ''));
}

/** Starts it in a session of its own, unless it runs. Its output is appended to its log. */
export function start(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  if (pidOf(name) !== undefined) return;
  const [file = '', ...args] = argv;
  const log = openSync(logOf(name), 'a');
  const child = spawn(file, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...ENVIRONMENT, ...env },
  });
  closeSync(log);
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new LabError(`${name}: ${file} could not be started`);
  writeFileSync(fileOf(name), `${child.pid} ${startOf(child.pid)}\n`);
  child.unref();
}

/** Asks it to end, and after ten seconds makes it. */
export async function stop(name: string): Promise<void> {
  const pid = pidOf(name);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    const end = Date.now() + STOP_MS;
    while (pidOf(name) !== undefined && Date.now() < end) await setTimeout(POLL_MS);
    try {
      // It leads a group of its own: workers that outlived it go as well.
      process.kill(-pid, 'SIGKILL');
    } catch {
      // No process of it is left.
    }
  }
  rmSync(fileOf(name), { force: true });
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended and was not waited for yet does not run.
    return fields[0] === 'Z' ? undefined : fields[START_TIME];
  } catch {
    return undefined;
  }
}
