/**
 * Network namespaces on this node: which there are, which one is a router's, and running a program inside one. A namespace
 * may vanish between any two steps; that always shows as ROUTER_NOT_FOUND.
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { praasError } from '../pat/errors.ts';
import { RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import { type Command, type Exec, type ExecResult, toolMissing } from '../system/exec.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COMMAND_NOT_FOUND = 127;

/** What Neutron says a router is: its gateway is in `snat-`, or in `qrouter-`. */
export type RouterKind = 'distributed' | 'centralized';

export class Namespaces {
  readonly #exec: Exec;
  readonly #directory: string;
  readonly #kindOf: (router_id: string) => RouterKind | undefined;

  /**
   * `directory` is where `ip netns` keeps its names. `kindOf` gives what is known of a router's kind at the moment; undefined
   * when nothing is.
   */
  constructor(exec: Exec, directory: string, kindOf: (router_id: string) => RouterKind | undefined = () => undefined) {
    this.#exec = exec;
    this.#directory = directory;
    this.#kindOf = kindOf;
  }

  /** Router ids of all namespaces, sorted, each once. A name that cannot be a router's id is passed over. */
  async routers(): Promise<string[]> {
    const ids = (await this.#names()).map(routerIdOf).filter((id) => RouterId.safeParse(id).success);
    return [...new Set(ids)].toSorted();
  }

  /**
   * The namespace that has the router's gateway: a distributed router has its gateway in `snat-` (and on most nodes only a
   * `qrouter-` without it), every other Neutron router in `qrouter-` (and perhaps an old `snat-` beside it); while its kind
   * is not known, the `snat-` that is there counts. Any other id is a namespace's own name. Throws ROUTER_NOT_FOUND.
   */
  async resolve(router_id: string): Promise<string> {
    for (const name of this.#candidates(router_id)) if (await this.#exists(name)) return name;
    throw await this.gone(router_id);
  }

  /**
   * Runs a program in the namespace. Throws ROUTER_NOT_FOUND when the namespace has gone, else as Exec does.
   */
  async run(namespace: string, command: Command): Promise<ExecResult> {
    const result = await this.#exec({ ...command, ...this.inside(namespace, command) });
    if (!result.stderr.startsWith('nsenter: ')) return result;
    if (result.exitCode === COMMAND_NOT_FOUND) throw toolMissing(command.file);
    throw await this.gone(namespace);
  }

  /** The command line that runs the command in the namespace. */
  inside(namespace: string, command: Command): Pick<Command, 'file' | 'args'> {
    return { file: 'nsenter', args: [`--net=${join(this.#directory, namespace)}`, command.file, ...command.args] };
  }

  /** The error for a router that is not here: its name may be, left by a crash or with no namespace behind it yet. */
  async gone(router: string): Promise<Error> {
    const others = (await this.#names()).filter((name) => routerIdOf(name) !== routerIdOf(router));
    return praasError('ROUTER_NOT_FOUND', { router, known: others });
  }

  #candidates(router_id: string): string[] {
    if (!UUID.test(router_id)) return [router_id];
    const kind = this.#kindOf(router_id);
    const [snat, qrouter] = [`snat-${router_id}`, `qrouter-${router_id}`];
    if (kind === undefined) return [snat, qrouter];
    return kind === 'distributed' ? [snat] : [qrouter];
  }

  async #names(): Promise<string[]> {
    const names: string[] = await readdir(this.#directory).catch(() => []);
    return names.toSorted();
  }

  async #exists(name: string): Promise<boolean> {
    return access(join(this.#directory, name)).then(
      () => true,
      () => false,
    );
  }
}
