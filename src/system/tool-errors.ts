/** How other programs fail, as errors of the catalogue. */
import { type PraasError, praasError } from '../core/errors/errors.ts';

/** The exit code of a shell, of nsenter(1), of setpriv(1) and of timeout(1) for a program that is not installed. */
export const COMMAND_NOT_FOUND = 127;
/** The exit code of a program that a signal has ended, without the number of the signal. */
export const KILLED_BY_SIGNAL = 128;

/** Characters of an output that an error shows. */
const MAX_SHOWN = 200;

/** The Debian package of each program. */
const PACKAGES: Readonly<Record<string, string>> = {
  conntrack: 'conntrack',
  curl: 'curl',
  flock: 'util-linux',
  ip: 'iproute2',
  'iptables-restore': 'iptables',
  'iptables-save': 'iptables',
  nft: 'nftables',
  nsenter: 'util-linux',
  python3: 'python3',
  setpriv: 'util-linux',
  ss: 'iproute2',
  sysctl: 'procps',
};

/** Gives the Debian package of a program; the name of the program where it is not known. */
export function packageOf(tool: string): string {
  return PACKAGES[tool] ?? tool;
}

interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** Gives TOOL_MISSING, for a program that is not installed. */
export function toolMissing(tool: string, cause?: unknown): PraasError {
  return praasError('TOOL_MISSING', { tool, package: packageOf(tool) }, cause);
}

/** Gives TOOL_TIMEOUT, for a program that was killed at its timeout. */
export function toolTimedOut(command: CommandLine, timeoutMs: number, cause?: unknown): PraasError {
  return praasError('TOOL_TIMEOUT', { command: textOf(command), seconds: timeoutMs / 1000 }, cause);
}

/** Gives TOOL_FAILED. Takes the command, or a text that stands for it, and how it ended. */
export function toolFailed(
  command: CommandLine | string,
  result: { readonly exitCode: number; readonly stderr: string },
): PraasError {
  const facts = { command: textOf(command), exit_code: result.exitCode, output: result.stderr.trim() };
  return praasError('TOOL_FAILED', facts, result);
}

/** Gives TOOL_BAD_OUTPUT, for a program that ended well and printed what is not understood: `output`, cut to one line. */
export function badOutput(command: string, output: string, cause?: unknown): PraasError {
  const [line = ''] = output.trim().split('\n');
  return praasError('TOOL_BAD_OUTPUT', { command, output: line.slice(0, MAX_SHOWN) }, cause);
}

/** Parses the object or list that a program printed as JSON. Throws TOOL_BAD_OUTPUT. */
export function parseJson(command: string, output: string): object {
  try {
    const value: unknown = JSON.parse(output);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw badOutput(command, output, error);
  }
  throw badOutput(command, output);
}

function textOf(command: CommandLine | string): string {
  return typeof command === 'string' ? command : [command.file, ...command.args].join(' ');
}
