/**
 * Reports at once what happens to the routers of this node: a namespace is added or deleted, or an address changes. An event may
 * be lost, so its user also reconciles periodically. While nothing happens it takes one inotify watch and one `ip monitor`,
 * however many routers there are.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import { AddressWatch, type AddressWatchParts } from './address-watch.ts';
import { NamespaceWatch } from './namespace-watch.ts';

/** `gone`: it has no namespace any more. `appeared`: it has a new namespace, or now another of its namespaces is the one in use. */
export type RouterEvent = 'appeared' | 'gone' | 'addresses';

interface RouterWatchParts extends AddressWatchParts {
  /** Where `ip netns` keeps its names. */
  readonly directory: string;
}

/** The only directory that `ip netns` reads, so the only one whose namespaces can be found by their IDs. */
const SYSTEM_DIRECTORY = '/run/netns';

export class RouterWatch {
  readonly #namespaces: NamespaceWatch;
  /** Undefined where `ip` does not find the namespaces. */
  readonly #addresses: AddressWatch | undefined;
  readonly #followed = new Set<string>();
  #onChange: ((routerId: string, event: RouterEvent) => void) | undefined;

  constructor(parts: RouterWatchParts) {
    const directory = resolve(parts.directory);
    this.#namespaces = new NamespaceWatch(directory, parts.log);
    this.#addresses = isSystemDirectory(directory) ? new AddressWatch(parts) : undefined;
  }

  /**
   * Begins to report. Routers that are present already are not reported. Resolves when namespaces are watched; `ip monitor`
   * starts a moment later.
   */
  async start(onChange: (routerId: string, event: RouterEvent) => void): Promise<void> {
    this.#onChange = onChange;
    this.#addresses?.start((name) => this.#report(name, 'addresses'));
    this.#namespaces.start((name, isPresent) => this.#changed(name, isPresent));
    await this.#assignIds([...this.#followed]);
  }

  /**
   * From now on also reports address changes of these routers, present or not. Repeated calls do nothing. Address changes of
   * other routers are reported only where their namespace has an ID already.
   */
  async follow(routerIds: readonly string[]): Promise<void> {
    const added = routerIds.filter((routerId) => !this.#followed.has(routerId));
    for (const routerId of added) this.#followed.add(routerId);
    if (added.length > 0) await this.#assignIds(added);
  }

  /** Ends `ip monitor`; nothing is reported from then on. */
  async stop(): Promise<void> {
    this.#onChange = undefined;
    this.#namespaces.stop();
    await this.#addresses?.stop();
  }

  #changed(name: string, isPresent: boolean): void {
    const routerId = routerIdOf(name);
    this.#addresses?.forgetIds();
    if (!isPresent) this.#report(name, this.#namesOf([routerId]).length > 0 ? 'appeared' : 'gone');
    // The ID comes first, so that an address change after the inspection that this event causes is not missed.
    else if (this.#followed.has(routerId)) void this.#assignIds([routerId]).then(() => this.#reportAdded(name));
    else this.#report(name, 'appeared');
  }

  /** When it was deleted meanwhile, that is reported already. */
  #reportAdded(name: string): void {
    if (this.#namespaces.names.includes(name)) this.#report(name, 'appeared');
  }

  async #assignIds(routerIds: readonly string[]): Promise<void> {
    const names = this.#namesOf(routerIds);
    if (names.length > 0) await this.#addresses?.assignIds(names);
  }

  #namesOf(routerIds: readonly string[]): string[] {
    const ids = new Set(routerIds);
    return this.#namespaces.names.filter((name) => ids.has(routerIdOf(name)) && mayBeRouter(name));
  }

  #report(name: string, event: RouterEvent): void {
    if (mayBeRouter(name)) this.#onChange?.(routerIdOf(name), event);
  }
}

/** True for the name of a namespace that can belong to a router. */
function mayBeRouter(name: string): boolean {
  return RouterId.safeParse(routerIdOf(name)).success;
}

function isSystemDirectory(directory: string): boolean {
  try {
    // The directory itself may not exist yet. /var/run is usually a link to /run.
    return join(realpathSync(dirname(directory)), basename(directory)) === SYSTEM_DIRECTORY;
  } catch {
    return false;
  }
}
