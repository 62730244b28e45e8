/**
 * The executable build/praas as people run it: words in, exit code and output out, with state, log and praas.conf in a
 * directory of its own. Build it first (`npm run build:exe`); without it the first run fails, and the test with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';

export const EXECUTABLE = fileURLToPath(new URL('../../build/praas', import.meta.url));

const TERMINAL = fileURLToPath(new URL('terminal.py', import.meta.url));

export interface Ended {
  /** As a shell says it: 128 and the number of the signal for a program that a signal ended. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface OnTerminal {
  readonly code: number;
  /** Everything that was to be seen, with what was typed, colours included. */
  readonly screen: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface ShellOptions {
  readonly backend?: BackendName;
  /** Lines below [praas] in praas.conf, instead of none. */
  readonly settings?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words in front of the executable, such as `setpriv …`. */
  readonly wrapper?: readonly string[];
  /** Where state, log and praas.conf are, when another shell has made it. */
  readonly directory?: string;
}

export interface Shell {
  readonly directory: string;
  readonly state_dir: string;
  readonly configPath: string;
  /** Runs praas with these words, whatever becomes of it. */
  run(...words: readonly string[]): Promise<Ended>;
  /** The words that run praas like that in another program. */
  command(...words: readonly string[]): string[];
  /** As run, without waiting for its end. */
  start(...words: readonly string[]): Running;
  /** Runs praas on a terminal: as soon as the first text of a pair is on the screen, the second is typed. */
  onTerminal(answers: readonly (readonly [string, string])[], ...words: readonly string[]): Promise<OnTerminal>;
  /** Runs praas, fails the test unless it exits with 0, gives what it printed. */
  ok(...words: readonly string[]): Promise<string>;
  /** The same with --json, parsed. */
  json<T = Mapping>(...words: readonly string[]): Promise<T>;
  /** The same state directory, other circumstances. */
  with(options: ShellOptions): Shell;
  remove(): void;
}

/** A shell whose praas knows nothing yet. */
export function testShell(options: ShellOptions = {}): Shell {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'praas-cli-'));
  const state_dir = options.env?.['PRAAS_STATE_DIR'] ?? join(directory, 'state');
  const configPath = join(directory, 'praas.conf');
  if (options.settings || !existsSync(configPath)) {
    writeFileSync(configPath, ['[praas]', ...(options.settings ?? []), ''].join('\n'));
  }
  const env = {
    PATH: process.env['PATH'],
    PRAAS_STATE_DIR: state_dir,
    PRAAS_LOG_DIR: join(directory, 'log'),
    PRAAS_SOCKET_PATH: join(directory, 'praas.sock'),
    PRAAS_TOKENS_PATH: join(directory, 'tokens.json'),
    PRAAS_CLOUDS_PATH: join(directory, 'clouds.yaml'),
    PRAAS_POLICY_PATH: join(directory, 'policy.yaml'),
    PRAAS_CONFIG: configPath,
    ...(options.backend && { PRAAS_BACKEND: options.backend }),
    ...options.env,
  };
  const line = (...words: readonly string[]): string[] => [...(options.wrapper ?? []), EXECUTABLE, ...words];
  const start = (...words: readonly string[]): Running => {
    const [file = '', ...args] = line(...words);
    return running(spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  };
  const run = (...words: readonly string[]): Promise<Ended> => start(...words).ended;
  const onTerminal: Shell['onTerminal'] = async (answers, ...words) => {
    const args = [TERMINAL, JSON.stringify(answers), ...line(...words)];
    const terminal = running(
      spawn('python3', args, { env: { TERM: 'xterm', ...env }, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    return JSON.parse((await terminal.ended).stdout);
  };
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...words);
    if (code !== 0) throw new Error(`praas ${words.join(' ')} exited with ${code}\n${stderr}${stdout}`);
    return stdout;
  };
  return {
    directory,
    state_dir,
    configPath,
    run,
    command: (...words) => ['env', ...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...line(...words)],
    start,
    onTerminal,
    ok,
    json: async (...words) => JSON.parse(await ok(...words, '--json')),
    with: (more) => testShell({ ...options, ...more, env: { ...options.env, ...more.env }, directory }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Collects what a program prints until it ends. */
export function running(child: ChildProcess): Running {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code: code ?? 128 + SIGNAL_NUMBERS[signal as keyof typeof SIGNAL_NUMBERS], ...output });
    });
  });
  return { process: child, ended };
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as const;

/** Every file below a directory with its content, to be compared later; a missing directory is `none`. */
export function contentOf(directory: string): unknown {
  if (!existsSync(directory)) return 'none';
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) => join(directory, path));
  return paths
    .filter((path) => statSync(path).isFile())
    .map((path) => [relative(directory, path), readFileSync(path, 'latin1')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** In a mount namespace of its own, puts directories of links in place of /usr/sbin and /usr/bin that lack these tools. */
const HIDE = `
set -e
work=$1 tools=$2
shift 2
for place in sbin bin; do
  mkdir -p "$work/real-$place" "$work/shown-$place"
  mount --bind "/usr/$place" "$work/real-$place"
  ln -sf "$work/real-$place"/* "$work/shown-$place/"
  for tool in $tools; do rm -f "$work/shown-$place/$tool"; done
done
mount --bind "$work/shown-sbin" /usr/sbin
mount --bind "$work/shown-bin" /usr/bin
exec "$@"`;

/** A machine on which these programs are not installed. Takes a directory to work in. */
export function machineWithout(directory: string, ...tools: readonly string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', HIDE, 'sh', mkdtempSync(join(directory, 'hide-')), tools.join(' ')];
}

export interface SlowShell extends Shell {
  /** The search path on which the slow program is the first. */
  readonly path: string;
  /** Resolves when the slow program has begun. */
  begun(): Promise<void>;
}

/**
 * The same shell with an iptables-restore that takes its time. It says when it begins: by a file, and with the word `begun`
 * on the terminal of praas where there is one.
 */
export function withSlowRestore(shell: Shell, seconds: number): SlowShell {
  const bin = mkdtempSync(join(shell.directory, 'slow-'));
  const marker = join(bin, 'begun');
  const begin = `touch ${marker}\n[ -c /proc/$PPID/fd/2 ] && echo begun > /proc/$PPID/fd/2`;
  const script = `#!/bin/sh\n${begin}\nsleep ${seconds}\nexec /usr/sbin/iptables-restore "$@"\n`;
  writeFileSync(join(bin, 'iptables-restore'), script, { mode: 0o755 });
  const path = `${bin}:${process.env['PATH']}`;
  const slow = shell.with({ env: { PRAAS_PROGRAMS_PATH: path } });
  return { ...slow, path, begun: () => waitUntil(() => existsSync(marker)) };
}

/** Polls; the test's own timeout ends it. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(20);
}
