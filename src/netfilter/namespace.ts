/**
 * The network namespaces of this node: which there are, which one belongs to a router, and running a program in one. A namespace
 * may be deleted between any two steps; that always ends with ROUTER_NOT_FOUND.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../core/values/uuid.ts';
import { praasError } from '../pat/errors.ts';
import { RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import type { Command, Exec, ExecResult } from '../system/exec.ts';
import { pathExists } from '../system/path-exists.ts';
import { COMMAND_NOT_FOUND, toolMissing } from '../system/tool-errors.ts';

/** How Neutron made a router, which decides where its gateway is: in `snat-` of a distributed one, else in `qrouter-`. */
export type RouterKind = 'distributed' | 'centralized';

export class Namespaces {
  readonly #exec: Exec;
  readonly #directory: string;
  readonly #kindOf: (routerId: string) => RouterKind | undefined;

  /** `directory` is where `ip netns` keeps its names. `kindOf` gives the kind of a router, undefined while it is unknown. */
  constructor(exec: Exec, directory: string, kindOf: (routerId: string) => RouterKind | undefined = () => undefined) {
    this.#exec = exec;
    this.#directory = directory;
    this.#kindOf = kindOf;
  }

  /** Gives the router IDs of all namespaces, sorted, each once. Names that are not valid router IDs are left out. */
  async routers(): Promise<string[]> {
    const ids = (await this.#names()).map(routerIdOf).filter((id) => RouterId.safeParse(id).success);
    return [...new Set(ids)].toSorted();
  }

  /**
   * Gives the namespace in which the gateway of the router is. For a distributed router that is `snat-` (most nodes have only
   * its `qrouter-`, without the gateway), for any other Neutron router `qrouter-` (an old `snat-` may still exist beside it).
   * While the kind is unknown, an existing `snat-` is taken first. Any other ID is the name of a namespace. Throws
   * ROUTER_NOT_FOUND.
   */
  async resolve(routerId: string): Promise<string> {
    for (const name of this.#candidates(routerId)) if (await pathExists(join(this.#directory, name))) return name;
    throw await this.#notFound(routerId);
  }

  /** Runs a program in the namespace. Throws ROUTER_NOT_FOUND when the namespace is gone, otherwise as Exec does. */
  async run(namespace: string, command: Command): Promise<ExecResult> {
    const args = [`--net=${join(this.#directory, namespace)}`, command.file, ...command.args];
    const result = await this.#exec({ ...command, file: 'nsenter', args });
    if (!result.stderr.startsWith('nsenter: ')) return result;
    if (result.exitCode === COMMAND_NOT_FOUND) throw toolMissing(command.file);
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
    const others = (await this.#names()).filter((name) => routerIdOf(name) !== routerIdOf(router));
    return praasError('ROUTER_NOT_FOUND', { router, known: others });
  }

  async #names(): Promise<string[]> {
    const names: string[] = await readdir(this.#directory).catch(() => []);
    return names.toSorted();
  }
}
