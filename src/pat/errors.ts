/**
 * The catalogue of everything that can go wrong: one entry per code, with its kind, its sentence and what to do next.
 * docs/errors.md is checked against it both ways. Texts are made from facts given as parameters, never from other texts.
 */
import { API_ERRORS } from './api-errors.ts';
import { CLOUD_ERRORS } from './cloud-errors.ts';
import { type Entry, type ErrorKind, entry, list } from './error-entry.ts';
import { INSTALL_ERRORS } from './install-errors.ts';

export type { ErrorKind };

export const CATALOGUE = {
  ...API_ERRORS,
  ...CLOUD_ERRORS,
  ...INSTALL_ERRORS,
  INVALID_INPUT: entry(
    'Invalid',
    (f: { field: string; found: string; allowed: string }) => `${f.field}: ${f.found} is not ${f.allowed}`,
    () => [],
  ),
  NOTHING_TO_UPDATE: entry(
    'Invalid',
    (f: { id: string }) => `nothing to change in mapping ${f.id} was given`,
    () => ['Name at least one of the options that `praas pat update --help` lists.'],
  ),
  CONFIG_INVALID: entry(
    'Invalid',
    (f: { where: string; key: string; found: string; allowed: string }) =>
      `${f.where}: ${f.key} is ${f.found}; allowed: ${f.allowed}`,
    () => ['Correct it, then look at `praas config show`.'],
  ),
  CONFIG_SYNTAX: entry(
    'Invalid',
    (f: { where: string; found: string; allowed: string }) => `${f.where}: found ${f.found}; allowed: ${f.allowed}`,
    () => ['Correct the file, then look at `praas config show`.'],
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
  ROUTER_NOT_FOUND: entry(
    'NotFound',
    (f: { router: string; known: readonly string[]; is_own?: boolean }) =>
      `no router ${f.router} on this node; there are: ${list(f.known)}`,
    () => ['`praas router list` shows the routers of this node with their addresses.'],
  ),
  NO_GATEWAY: entry(
    'Conflict',
    (f: { router: string }) =>
      `router ${f.router} has no gateway address: no address on a qg- interface and none on the interface of a default route`,
    () => ['Set the gateway of the router, or name the address with --gateway.'],
  ),
  GATEWAY_NOT_LOCAL: entry(
    'Conflict',
    (f: { gateway: string; router: string; addresses: readonly string[] }) =>
      `${f.gateway} is not an address of router ${f.router}; its addresses: ${list(f.addresses)}`,
    () => ['Choose one of them, or use --force if the address is going to be there.'],
  ),
  SERVER_NOT_BEHIND_ROUTER: entry(
    'Conflict',
    (f: { reason: string }) => f.reason,
    () => ['Check --server-ip. If the server is reached in a way that the router does not show, use --force.'],
  ),
  PORT_TAKEN: entry(
    'Conflict',
    (f: { endpoint: string; by: string }) => `${f.endpoint} is taken by ${f.by}`,
    () => ['Choose another --router-port, or leave it out to get a free one.'],
  ),
  PORT_RESERVED: entry(
    'Conflict',
    (f: { endpoint: string; by: string }) => `${f.endpoint} is kept for ${f.by}`,
    () => ['Choose another --router-port, or use --force if publishing it is what you want.'],
  ),
  NO_FREE_PORT: entry(
    'Conflict',
    (f: { first: number; last: number; protocol: string; gateway: string; mappings: number; others: number }) =>
      `no free ${f.protocol} port left in ${f.first}:${f.last} on ${f.gateway}: ${f.last - f.first + 1} ports, ` +
      `${f.mappings} with mappings, ${f.others} used or kept otherwise`,
    () => ['Delete a mapping, name a --router-port outside the range, or widen router_port_range in praas.conf.'],
  ),
  MAPPING_NOT_FOUND: entry(
    'NotFound',
    (f: { id: string }) => `no mapping ${f.id}`,
    () => ['`praas pat list` shows the mappings there are.'],
  ),
  MAPPING_EXISTS: entry(
    'Conflict',
    (f: { id: string }) => `there is a mapping ${f.id} already`,
    () => ['`praas pat show` says what it is.'],
  ),
  ID_AMBIGUOUS: entry(
    'Conflict',
    (f: { id: string; ids: readonly string[] }) => `${f.id} stands for ${f.ids.length} mappings: ${list(f.ids)}`,
    () => ['Give more of the ID.'],
  ),
  PRECONDITION_FAILED: entry(
    'Conflict',
    (f: { id: string }) => `mapping ${f.id} is no longer as the If-Match of this request says`,
    () => ['Read it again, and decide again.'],
  ),
  IDEMPOTENCY_KEY_REUSED: entry(
    'Conflict',
    (f: { key: string }) => `the Idempotency-Key ${f.key} was used for another request`,
    () => ['Use a new key for a new request.'],
  ),
  UNKNOWN_RULES: entry(
    'Conflict',
    (f: { router: string; count: number; state_dir: string }) =>
      `router ${f.router} holds ${f.count} mapping(s) of praas that the state directory ${f.state_dir} has never known; ` +
      'going on would remove them',
    () => [
      'Check state_dir (`praas config show`): these mappings probably belong to another one.',
      'If they are left over from a state that is lost, use --force to have them removed.',
    ],
  ),
  STORE_LOCKED: entry(
    'Unavailable',
    (f: { path: string; holder: string; seconds: number }) =>
      `the state directory is in use by ${f.holder} (${f.path}); waited ${f.seconds} seconds`,
    () => ['Try again when it is done.'],
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
  ),
  STORE_FULL: entry(
    'Unavailable',
    (f: { path: string }) => `no space left to write ${f.path}; nothing was changed`,
    () => ['Free some space on that file system and try again.'],
  ),
  STORE_FAILED: entry(
    'Unavailable',
    (f: { path: string; reason: string }) => `${f.path} cannot be written: ${f.reason}; nothing was changed`,
    () => ['Check the file system and the rights of the state directory.'],
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
  ROUTER_SLOW: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) => `router ${f.router} takes longer than ${f.seconds} seconds`,
    () => ['What was begun there goes on. Look at the load of this node and at the log of the PAT agent.'],
  ),
  TOOL_FAILED: entry(
    'External',
    (f: { command: string; exit_code: number; output: string }) =>
      `${f.command} failed with exit code ${f.exit_code}: ${f.output}`,
    () => ['If the message does not explain it, run the command by hand.'],
  ),
  KERNEL_REFUSED: entry(
    'External',
    (f: { router: string; line: string; output: string }) =>
      `the kernel refused the change for router ${f.router}, nothing was applied${f.line && `\n  ${f.line}`}\n  ${f.output}`,
    () => ['`--dry-run` shows the whole change.'],
  ),
  KERNEL_BUSY: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) =>
      `another program kept the rules of router ${f.router} locked for ${f.seconds} seconds; nothing was applied`,
    () => ['Try again.'],
  ),
  INTERRUPTED: entry(
    'Unavailable',
    (f: { signal_number: number; may_have_changed?: boolean }) =>
      `interrupted by signal ${f.signal_number}; ` +
      (f.may_have_changed
        ? 'the PAT agent was asked already, and the change may have been made'
        : 'what was not done yet has been left as it was'),
    () => ['`praas pat list` shows how things are now.'],
  ),
  DEMO_RUNNING: entry(
    'Conflict',
    (f: { path: string }) => `another demonstration is running on this machine (${f.path} is locked)`,
    () => ['Wait until it is done: it takes less than a minute.'],
  ),
  DEMO_FAILED: entry(
    'External',
    (f: { step: string; output: string }) => `the demonstration stopped at: ${f.step}: ${f.output}`,
    () => ['Everything that it made has been taken away again.'],
  ),
} as const;

export type ErrorCode = keyof typeof CATALOGUE;
export type ErrorFacts<C extends ErrorCode> = Parameters<(typeof CATALOGUE)[C]['message']>[0];

/** An error of the catalogue: what happened, and what the reader can do. `facts` are for programs. */
export class PraasError extends Error {
  override readonly name = 'PraasError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly next_steps: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, next_steps: readonly string[], facts: object, cause: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = CATALOGUE[code].kind;
    this.next_steps = next_steps;
    this.facts = facts as Readonly<Record<string, unknown>>;
  }
}

/** Makes the error of that code from its facts. `cause` is for logs, never for people. */
export function praasError<C extends ErrorCode>(code: C, facts: ErrorFacts<C>, cause?: unknown): PraasError {
  const { message, next } = CATALOGUE[code] as unknown as Entry<ErrorFacts<C>>;
  return new PraasError(code, message(facts), next(facts), facts, cause);
}

/** True for an error of the catalogue, of one of these codes when some are named. */
export function isPraasError(error: unknown, ...codes: readonly ErrorCode[]): error is PraasError {
  // By name: the executable's two scripts, of commands and of the daemon, each have a class of their own.
  return isNamed(error) && (codes.length === 0 || codes.includes(error.code));
}

function isNamed(error: unknown): error is PraasError {
  return error instanceof Error && error.name === 'PraasError';
}
