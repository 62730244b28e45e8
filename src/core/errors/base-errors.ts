/** What can go wrong with configuration, files and programs, whichever product is at work. */
import { entry, HIDDEN, hiding } from './entry.ts';

const HIDDEN_PATH = { path: 'the state of this node' };
const withoutPath = hiding(HIDDEN_PATH);
const withoutReason = hiding({ ...HIDDEN_PATH, reason: HIDDEN });
const SOME_PROGRAM = { command: 'a program of the node' };

/** What would be right: what was probably meant, the section that a key belongs to, or else everything that is allowed. */
type Expectation = { readonly nearest: string } | { readonly belongs_to: string } | { readonly allowed: string };

const expectationText = (facts: Expectation): string => {
  if ('nearest' in facts) return `did you mean ${facts.nearest}?`;
  return 'belongs_to' in facts ? `it belongs to ${facts.belongs_to}` : `allowed: ${facts.allowed}`;
};

/** What stands for a value that was not given. */
export const MISSING = 'missing';

/** What is allowed of a field that no schema knows. */
export const A_KNOWN_FIELD = 'a known field';

interface InvalidInput {
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
}

function invalidInputText({ field, found, allowed }: InvalidInput): string {
  if (allowed === A_KNOWN_FIELD) return `unknown field ${found} in ${field}`;
  return found === MISSING ? `${field} is required: ${allowed}` : `${field} is ${found}; allowed: ${allowed}`;
}

function invalidInputStep({ field, found, allowed }: InvalidInput): string {
  if (allowed === A_KNOWN_FIELD) return 'Remove the field, or correct its name.';
  return found === MISSING ? `Add ${field} and try again.` : `Correct ${field} and try again.`;
}

type InterruptedWork = {
  readonly signal_number: number;
  /** The request of a change was sent and has no response. */
  readonly may_have_changed?: boolean;
  /** A query changes nothing, and an installer undoes what it has done. Left out: a change, of which a part may be done. */
  readonly work?: 'query' | 'installation';
};

function interruptedStep({ may_have_changed = false, work }: InterruptedWork): string {
  if (work === 'query') return 'Run the command again.';
  if (work === 'installation') return 'All changes were undone; run the same command again.';
  return may_have_changed
    ? 'List the resources to see whether the request was carried out: it was already sent.'
    : 'List the resources to see what was done before; the rest was not started.';
}

export const BASE_ERRORS = {
  INVALID_INPUT: entry(
    'Usage',
    (f: InvalidInput) => invalidInputText(f),
    (f) => [invalidInputStep(f)],
  ),
  CONFIG_INVALID: entry(
    'Invalid',
    (f: { where: string; key: string; found: string; allowed: string }) =>
      `${f.where}: ${f.key} is ${f.found}; allowed: ${f.allowed}`,
    () => ['Correct the value, then run `praas config show` to check it.'],
    hiding({ where: 'the configuration of this node', found: HIDDEN }),
  ),
  CONFIG_SYNTAX: entry(
    'Invalid',
    (f: Expectation & { readonly where: string; readonly found: string }) =>
      `${f.where}: ${f.found}; ${expectationText(f)}`,
    () => ['Correct the file, then run `praas config show` to check it.'],
    hiding({ where: 'the configuration of this node', found: HIDDEN }),
  ),
  CONFIG_UNREADABLE: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `cannot read the configuration ${f.path}: ${f.reason}`,
    (f) => [`Make ${f.path} readable, or name another file with --config or PRAAS_CONFIG.`],
    hiding({ path: 'of this node', reason: HIDDEN }),
  ),
  NOT_PERMITTED: entry(
    'Invalid',
    (f: { what: string }) => `permission denied: ${f.what} requires root`,
    () => ['Run the command again with sudo.'],
    // The daemon lacks the permission, not the requester.
    { status: 500, ...hiding({ what: 'the work of the daemon' }) },
  ),
  STORE_LOCKED: entry(
    'Unavailable',
    (f: { path: string; holder: string; seconds: number }) =>
      `cannot lock ${f.path}: held by ${f.holder}; waited ${f.seconds} seconds`,
    () => [
      'Wait until that process ends, or stop it; while a daemon holds the lock, check socket_path in `praas config show`.',
    ],
    hiding({ ...HIDDEN_PATH, holder: 'another process' }),
  ),
  UNSAFE_DIRECTORY: entry(
    'External',
    (f: { path: string; reason: string }) => `cannot keep state in ${f.path}: ${f.reason}`,
    () => ['Give the directory to root, remove the write permission of others, and check what is in it.'],
    withoutReason,
  ),
  STORE_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string; aside: string | undefined }) =>
      `state file ${f.path} is damaged: ${f.reason}` +
      (f.aside === undefined ? '' : `; it was moved to ${f.aside}`) +
      '; what it describes is not changed until it is restored',
    (f) => [
      `Restore ${f.path} from a backup` +
        (f.aside === undefined ? '.' : `, or remove ${f.aside} to start with an empty state.`),
    ],
    hiding({ ...HIDDEN_PATH, reason: HIDDEN, aside: undefined }),
  ),
  STORE_TOO_NEW: entry(
    'External',
    (f: { path: string; version: number; known: number }) =>
      `cannot read state file ${f.path}: it has version ${f.version}, and this praas supports versions up to ${f.known}`,
    () => ['Use the praas that wrote it, or a newer one.'],
    withoutPath,
  ),
  STORE_UNREADABLE: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `cannot read ${f.path}: ${f.reason}`,
    () => ['Check the file system, and state_dir in `praas config show`.'],
    withoutReason,
  ),
  STORE_FULL: entry(
    'Unavailable',
    (f: { path: string }) => `cannot write ${f.path}: no space left on the file system`,
    () => ['Free some space and try again; nothing was changed.'],
    withoutPath,
  ),
  STORE_FAILED: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `cannot write ${f.path}: ${f.reason}`,
    () => ['Check the file system and the permissions of the directory; nothing was changed.'],
    withoutReason,
  ),
  TOOL_MISSING: entry(
    'External',
    (f: { tool: string; package: string }) => `cannot run ${f.tool}: it is not installed`,
    (f) => [`Install it with \`apt install ${f.package}\`.`],
  ),
  TOOL_TIMEOUT: entry(
    'Unavailable',
    (f: { command: string; seconds: number }) => `${f.command} timed out: killed after ${f.seconds} seconds`,
    () => ['Check the load of this node, then try again.'],
    hiding(SOME_PROGRAM),
  ),
  TOOL_FAILED: entry(
    'External',
    (f: { command: string; exit_code: number; output: string }) =>
      `${f.command} failed with exit code ${f.exit_code}: ${f.output}`,
    () => ['Correct what the output names, or run `praas doctor` to check the programs and the kernel.'],
    hiding({ ...SOME_PROGRAM, output: HIDDEN }),
  ),
  TOOL_BAD_OUTPUT: entry(
    'External',
    (f: { command: string; output: string }) =>
      `unexpected output of ${f.command}: ${f.output || 'empty or incomplete'}`,
    () => ['Check that the program is that of its Debian package: `praas doctor` shows its version.'],
    hiding({ ...SOME_PROGRAM, output: HIDDEN }),
  ),
  INTERRUPTED: entry(
    'Unavailable',
    (f: InterruptedWork) => `interrupted by signal ${f.signal_number}`,
    (f) => [interruptedStep(f)],
  ),
} as const;
