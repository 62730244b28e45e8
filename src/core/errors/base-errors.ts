/** What can go wrong with configuration, files and programs, whichever product is at work. */
import { entry } from './entry.ts';

/** Where a record is, for callers who are not told. */
const withoutPath = <P extends { readonly path: string }>(facts: P): P => ({
  ...facts,
  path: 'the state of this node',
});

/** What would be right: what was probably meant, the section that a key belongs to, or else everything that is allowed. */
type Expectation = { readonly nearest: string } | { readonly belongs_to: string } | { readonly allowed: string };

const expectationText = (facts: Expectation): string => {
  if ('nearest' in facts) return `did you mean ${facts.nearest}?`;
  return 'belongs_to' in facts ? `it belongs to ${facts.belongs_to}` : `allowed: ${facts.allowed}`;
};

export const BASE_ERRORS = {
  INVALID_INPUT: entry(
    'Usage',
    (f: { field: string; found: string; allowed: string }) => `${f.field}: ${f.found} is not ${f.allowed}`,
    () => [],
  ),
  CONFIG_INVALID: entry(
    'Invalid',
    (f: { where: string; key: string; found: string; allowed: string }) =>
      `${f.where}: ${f.key} is ${f.found}; allowed: ${f.allowed}`,
    () => ['Correct it, then run `praas config show`.'],
  ),
  CONFIG_SYNTAX: entry(
    'Invalid',
    (f: Expectation & { readonly where: string; readonly found: string }) =>
      `${f.where}: ${f.found}; ${expectationText(f)}`,
    () => ['Correct the file, then run `praas config show`.'],
  ),
  CONFIG_UNREADABLE: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `the configuration ${f.path} cannot be read: ${f.reason}`,
    (f) => [`Make ${f.path} readable, or name another file with --config or PRAAS_CONFIG.`],
  ),
  NOT_PERMITTED: entry(
    'Invalid',
    (f: { what: string }) => `${f.what} needs root`,
    () => ['Run it again with sudo.'],
  ),
  STORE_LOCKED: entry(
    'Unavailable',
    (f: { path: string; holder: string; seconds: number }) =>
      `the state directory is in use by ${f.holder} (${f.path}); waited ${f.seconds} seconds`,
    () => ['Try again when it is done.'],
    withoutPath,
  ),
  STORE_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string; aside: string | undefined }) =>
      `the state file ${f.path} is damaged: ${f.reason}` +
      (f.aside === undefined ? '' : `; it was set aside as ${f.aside}`),
    (f) => [
      'Its rules stay in the kernel as they are, and nothing is written for this router.',
      `Put a good copy at ${f.path}` +
        (f.aside === undefined ? '.' : `, or remove ${f.aside} to begin with an empty state, and try again.`),
    ],
    withoutPath,
  ),
  STORE_TOO_NEW: entry(
    'External',
    (f: { path: string; version: number; known: number }) =>
      `the state file ${f.path} has version ${f.version}; this praas knows versions up to ${f.known}`,
    () => ['Use the praas that wrote it, or a newer one.'],
  ),
  STORE_UNREADABLE: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `${f.path} cannot be read: ${f.reason}`,
    () => ['Check the file system and state_dir (`praas config show`).'],
    withoutPath,
  ),
  STORE_FULL: entry(
    'Unavailable',
    (f: { path: string }) => `cannot write ${f.path}: no space left on the file system`,
    () => ['Free some space there and try again; nothing was changed.'],
    withoutPath,
  ),
  STORE_FAILED: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `cannot write ${f.path}: ${f.reason}`,
    () => ['Check the file system and the permissions of the state directory; nothing was changed.'],
    withoutPath,
  ),
  TOOL_MISSING: entry(
    'External',
    (f: { tool: string; package: string }) => `${f.tool} is not installed`,
    (f) => [`Install it: apt install ${f.package}`],
  ),
  TOOL_TIMEOUT: entry(
    'Unavailable',
    (f: { command: string; seconds: number }) => `${f.command} did not end within ${f.seconds} seconds and was killed`,
    () => ['Look at the load of this node, then try again.'],
  ),
  TOOL_FAILED: entry(
    'External',
    (f: { command: string; exit_code: number; output: string }) =>
      `${f.command} failed with exit code ${f.exit_code}: ${f.output}`,
    () => ['If the message does not explain it, run the command by hand.'],
  ),
  INTERRUPTED: entry(
    'Unavailable',
    (f: { signal_number: number; may_have_changed?: boolean }) => `interrupted by signal ${f.signal_number}`,
    (f) => [
      f.may_have_changed
        ? 'The request was sent already: list the resources to see whether it was carried out.'
        : 'List the resources to see what was done before; the rest was not begun.',
    ],
  ),
} as const;
