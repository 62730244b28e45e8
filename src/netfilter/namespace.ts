/**
 * The network namespaces of this node: which there are, which one belongs to a router, and running a program in one. A namespace
 * may be deleted between any two steps; that always ends with ROUTER_NOT_FOUND. Nothing else does: a namespace that cannot be
 * entered may be full of open ports.
 */
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Timers } from '../core/timers.ts';
import { isUuid } from '../core/values/uuid.ts';
import { isPraasError, praasError } from '../pat/errors.ts';
import { RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import { DirectoryNames } from '../system/directory-names.ts';
import type { Command, Exec, ExecResult } from '../system/exec.ts';
import { COMMAND_NOT_FOUND, toolFailed, toolMissing } from '../system/tool-errors.ts';

/** How Neutron made a router, which decides where its gateway is: in `snat-` of a distributed one, else in `qrouter-`. */
export type RouterKind = 'distributed' | 'centralized';

/** How nsenter begins what it prints itself, and not the program that it runs. */
const NSENTER = 'nsenter: ';
const NOT_EXECUTED = /^failed to execute /;
/** The name is not there; ENAMETOOLONG: it cannot be there. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'];
/**
 * A namespace that is being created or deleted has a name for a moment, and nothing is mounted on it; one that was deleted and
 * created again had no name for a moment.
 */
const IN_CHANGE = /: (?:Invalid argument|No such file or directory)$/;
const PAUSES_MS = [10, 30, 100];

/** The names of all namespaces, and the router IDs of those that can belong to a router; both sorted. */
interface NamespaceNames {
  readonly names: readonly string[];
  readonly routerIds: readonly string[];
}

export class Namespaces {
  readonly #exec: Exec;
  readonly #directory: string;
  readonly #names: DirectoryNames<NamespaceNames>;
  readonly #kindOf: (routerId: string) => RouterKind | undefined;
  readonly #timers: Timers;

  /** `directory` is where `ip netns` keeps its names. `kindOf` gives the kind of a router, undefined while it is unknown. */
  constructor(
    exec: Exec,
    directory: string,
    timers: Timers,
    kindOf: (routerId: string) => RouterKind | undefined = () => undefined,
  ) {
    this.#exec = exec;
    this.#directory = directory;
    this.#names = new DirectoryNames(directory, namespaceNames);
    this.#kindOf = kindOf;
    this.#timers = timers;
  }

  /**
   * Gives the router IDs of all namespaces, sorted, each once. Names that are not valid router IDs are left out. Without the
   * directory there is none to name: on many nodes `ip netns` makes it with the first namespace after a boot. Throws
   * NAMESPACES_UNREADABLE.
   */
  async routers(): Promise<readonly string[]> {
    const { routerIds } = await this.#namespaces().catch((error: unknown) => {
      if (isPraasError(error, 'NAMESPACES_UNREADABLE') && error.facts.reason === 'ENOENT') return namespaceNames([]);
      throw error;
    });
    return routerIds;
  }

  /**
   * Gives the names of all namespaces, sorted; while no name came or went since, the same array. Throws NAMESPACES_UNREADABLE, also
   * without the directory.
   */
  async names(): Promise<readonly string[]> {
    return (await this.#namespaces()).names;
  }

  /**
   * Gives the namespace in which the gateway of the router is. For a distributed router that is `snat-` (most nodes have only
   * its `qrouter-`, without the gateway), for any other Neutron router `qrouter-` (an old `snat-` may still exist beside it).
   * While the kind is unknown, an existing `snat-` is taken first. Any other ID is the name of a namespace. Nothing is opened:
   * opening a FIFO would block. Throws ROUTER_NOT_FOUND, also for an ID that reads as a path, NAMESPACE_UNREADABLE, and
   * NAMESPACES_UNREADABLE: in a directory that is not there, nothing was looked for.
   */
  async resolve(routerId: string): Promise<string> {
    if (!RouterId.safeParse(routerId).success) throw await this.#notFound(routerId);
    for (const name of this.#candidates(routerId)) if (await this.#exists(name)) return name;
    throw await this.#notFound(routerId);
  }

  /**
   * Gives the other one of `qrouter-` and `snat-` of a router, where it exists beside this one: a router of which the kind has changed, or
   * is unknown, may have left rules there. Throws NAMESPACE_UNREADABLE.
   */
  async besides(routerId: string, namespace: string): Promise<string | undefined> {
    const [first, second] = [`snat-${routerId}`, `qrouter-${routerId}`];
    if (namespace !== first && namespace !== second) return undefined;
    const other = namespace === first ? second : first;
    return (await this.#exists(other)) ? other : undefined;
  }

  /**
   * Runs a program in the namespace. Throws ROUTER_NOT_FOUND when the namespace is gone, NAMESPACE_UNREADABLE when it is there and
   * cannot be entered, otherwise as Exec does.
   */
  async run(namespace: string, command: Command): Promise<ExecResult> {
    const args = [`--net=${join(this.#directory, namespace)}`, command.file, ...command.args];
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      const result = await this.#exec({ ...command, file: 'nsenter', args });
      if (!result.stderr.startsWith(NSENTER)) return result;
      const [reason = ''] = result.stderr.slice(NSENTER.length).split('\n');
      if (NOT_EXECUTED.test(reason)) throw notExecuted(command.file, result);
      if (!(await this.#exists(namespace))) break;
      if (pauseMs === undefined || !IN_CHANGE.test(reason)) throw unreadable(join(this.#directory, namespace), reason);
      await new Promise<void>((resolve) => this.#timers.after(pauseMs, resolve));
    }
    throw await this.#notFound(namespace);
  }

  #candidates(routerId: string): string[] {
    if (!isUuid(routerId)) return [routerId];
    const kind = this.#kindOf(routerId);
    const [snat, qrouter] = [`snat-${routerId}`, `qrouter-${routerId}`];
    if (kind === undefined) return [snat, qrouter];
    return kind === 'distributed' ? [snat] : [qrouter];
  }

  /** Its own name may still be in the directory, without a namespace mounted on it, so it is not listed as a known one. */
  async #notFound(router: string): Promise<Error> {
    const { names } = await this.#namespaces();
    const others = names.filter((name) => routerIdOf(name) !== routerIdOf(router));
    // Right after a boot; or the directory is another one than that of the node, as in a container that does not mount it.
    const directory = names.length === 0 ? { directory: this.#directory } : {};
    return praasError('ROUTER_NOT_FOUND', { router, known: others, ...directory });
  }

  /** A link counts as what it leads to: only root makes one there, as `ln -s /proc/PID/ns/net` for a container. */
  async #exists(name: string): Promise<boolean> {
    const path = join(this.#directory, name);
    const absent = (error: NodeJS.ErrnoException): undefined => absentOr(path, error, undefined);
    const found = await stat(path).catch(absent);
    // Where nothing was found, there is a link to nothing, or by now the namespace.
    const named = found ?? (await lstat(path).catch(absent));
    if (named?.isSymbolicLink()) throw unreadable(path, 'a link to nothing');
    if (named?.isFile() === false) throw unreadable(path, 'not a network namespace');
    return named !== undefined;
  }

  /** A directory that is not there may be the wrong one, so it does not count as empty. */
  #namespaces(): Promise<NamespaceNames> {
    return this.#names.read().catch((error: NodeJS.ErrnoException) => {
      const facts = { directory: this.#directory, reason: error.code ?? error.message };
      throw praasError('NAMESPACES_UNREADABLE', facts, error);
    });
  }
}

function namespaceNames(names: readonly string[]): NamespaceNames {
  const ids = names.map(routerIdOf).filter((id) => RouterId.safeParse(id).success);
  return { names: names.toSorted(), routerIds: [...new Set(ids)].toSorted() };
}

/** Gives `absent` when there is no such path; throws NAMESPACE_UNREADABLE when it cannot be looked up. */
function absentOr<T>(path: string, error: NodeJS.ErrnoException, absent: T): T {
  if (ABSENT.includes(error.code ?? '')) return absent;
  throw unreadable(path, error.code ?? error.message, error);
}

function unreadable(path: string, reason: string, cause?: unknown): Error {
  return praasError('NAMESPACE_UNREADABLE', { path, reason }, cause);
}

function notExecuted(tool: string, result: ExecResult): Error {
  return result.exitCode === COMMAND_NOT_FOUND ? toolMissing(tool, result) : toolFailed(tool, result);
}
