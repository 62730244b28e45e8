/**
 * Tells what happens to the routers of this node, at once and without looking: a namespace appears or goes, an address
 * changes. It is an ear, not a promise: an event may be lost, so whoever listens also looks on a period. At rest it
 * costs one inotify watch and one `ip monitor`, however many routers there are.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import { AddressWatch, type AddressWatchParts } from './address-watch.ts';
import { NamespaceWatch } from './namespace-watch.ts';

/** `gone`: no namespace of it is left. `appeared`: made, made anew, or another namespace of it is the one now. */
export type RouterEvent = 'appeared' | 'gone' | 'addresses';

export interface RouterWatchParts extends AddressWatchParts {
  /** Where `ip netns` keeps its names. */
  readonly directory: string;
}

/** The only directory that `ip netns` knows, so the only one whose namespaces can be found by their numbers. */
const SYSTEM_DIRECTORY = '/run/netns';

export class RouterWatch {
  readonly #namespaces: NamespaceWatch;
  /** Undefined where `ip` does not find the namespaces. */
  readonly #addresses: AddressWatch | undefined;
  readonly #followed = new Set<string>();
  #onChange: ((router_id: string, what: RouterEvent) => void) | undefined;

  constructor(parts: RouterWatchParts) {
    const directory = resolve(parts.directory);
    this.#namespaces = new NamespaceWatch(directory, parts.log);
    this.#addresses = isSystemDirectory(directory) ? new AddressWatch(parts) : undefined;
  }

  /** Begins. Routers that are here already are not told. Resolves when namespaces are watched; `ip monitor` takes a moment more. */
  async start(onChange: (router_id: string, what: RouterEvent) => void): Promise<void> {
    this.#onChange = onChange;
    this.#addresses?.start((name) => this.#tell(name, 'addresses'));
    this.#namespaces.start((name, isThere) => this.#changed(name, isThere));
    await this.#number([...this.#followed]);
  }

  /**
   * From now on also tells when addresses of these routers change, those not here yet included; asked again, it does
   * nothing. Other routers' are told where it comes for free.
   */
  async follow(routerIds: readonly string[]): Promise<void> {
    const fresh = routerIds.filter((router_id) => !this.#followed.has(router_id));
    for (const router_id of fresh) this.#followed.add(router_id);
    if (fresh.length > 0) await this.#number(fresh);
  }

  /** Ends the program that it follows; after that nothing is told. */
  async stop(): Promise<void> {
    this.#onChange = undefined;
    this.#namespaces.stop();
    await this.#addresses?.stop();
  }

  #changed(name: string, isThere: boolean): void {
    const router_id = routerIdOf(name);
    this.#addresses?.forgetNumbers();
    if (!isThere) this.#tell(name, this.#namesOf([router_id]).length > 0 ? 'appeared' : 'gone');
    // First its number: what changes after the look that this event causes must be heard.
    else if (this.#followed.has(router_id)) void this.#number([router_id]).then(() => this.#tellOfNew(name));
    else this.#tell(name, 'appeared');
  }

  /** It may have gone meanwhile, and that is told already. */
  #tellOfNew(name: string): void {
    if (this.#namespaces.names.includes(name)) this.#tell(name, 'appeared');
  }

  async #number(routerIds: readonly string[]): Promise<void> {
    const names = this.#namesOf(routerIds);
    if (names.length > 0) await this.#addresses?.number(names);
  }

  #namesOf(routerIds: readonly string[]): string[] {
    const wanted = new Set(routerIds);
    return this.#namespaces.names.filter((name) => wanted.has(routerIdOf(name)) && isRouter(name));
  }

  #tell(name: string, what: RouterEvent): void {
    if (isRouter(name)) this.#onChange?.(routerIdOf(name), what);
  }
}

/** Whether a namespace of that name can be a router's. */
function isRouter(name: string): boolean {
  return RouterId.safeParse(routerIdOf(name)).success;
}

function isSystemDirectory(directory: string): boolean {
  try {
    // The directory itself may not be there yet; /var/run is mostly a link to /run.
    return join(realpathSync(dirname(directory)), basename(directory)) === SYSTEM_DIRECTORY;
  } catch {
    return false;
  }
}
