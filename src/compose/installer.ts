/** The installer, joined: the files that the executable carries, systemd, and the way out of the routers' kernels. */
import { isSea } from 'node:sea';
import { isPraasError, praasError } from '../admin/errors.ts';
import { type InstallationParts, planInstall } from '../admin/install/installation.ts';
import { PAT_AGENT, type Places, packagedPlaces, placesOf, SETTINGS_DIRECTORY } from '../admin/install/places.ts';
import type { Wanted, WantedFile } from '../admin/install/placing.ts';
import { planRemoval } from '../admin/install/removal.ts';
import { Services } from '../admin/install/services.ts';
import { type Audience, runSteps, type Step } from '../admin/install/step.ts';
import { Tree } from '../admin/install/tree.ts';
import { renderUnits } from '../admin/install/units.ts';
import { planUpgrade } from '../admin/install/upgrade.ts';
import { removeAllForwards } from '../pat/reconcile/cleanup.ts';
import type { Config } from '../system/config/keys.ts';
import { renderSample } from '../system/config/render.ts';
import { createExec, isInstalled, packageOf } from '../system/exec.ts';
import { Interruption } from '../system/interruption.ts';
import { readShare } from '../system/share.ts';
import { hasCloud } from './cloud.ts';
import { withLocalNode } from './local-node.ts';
import { toolsOf } from './tools.ts';
import { unitFactsOf } from './unit-facts.ts';

export interface InstallerContext {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** This program. */
  readonly executable: string;
  readonly complain: (sentence: string) => void;
}

export interface InstallerOptions {
  /** The directory of the system to install into; `/` is this one. */
  readonly root: string;
  readonly prefix: string;
  /** A Debian package has brought the files. */
  readonly isPackaged: boolean;
  /** How long a service may take until it is ready. */
  readonly timeoutSeconds: number;
}

export interface RemovalWishes {
  readonly removesRules: boolean;
  readonly purges: boolean;
}

const SECRET = 0o600;
const PUBLIC = 0o644;

/** Each method gives the steps that are needed, and does nothing. */
export class Installer {
  readonly #config: Config;
  readonly #surroundings: InstallerContext;
  readonly #options: InstallerOptions;
  readonly #parts: InstallationParts;
  /** Asked to end, it undoes what it has done. */
  readonly interruption = new Interruption();

  constructor(config: Config, surroundings: InstallerContext, options: InstallerOptions) {
    const { env, executable } = surroundings;
    const { root, prefix, isPackaged, timeoutSeconds } = options;
    // Not ended by an interruption: what is under way is finished, and then undone.
    const exec = createExec(config.command_timeout * 1000, env);
    const endable = createExec(config.command_timeout * 1000, env, this.interruption.abortSignal);
    const tree = new Tree(root);
    const missing = (): readonly string[] => toolsOf(config).filter((tool) => !isInstalled(tool, env['PATH']));
    this.#config = config;
    this.#surroundings = surroundings;
    this.#options = options;
    this.#parts = {
      tree,
      places: isPackaged ? packagedPlaces(executable) : placesOf(prefix),
      services: new Services(exec, endable, tree, timeoutSeconds * 1000),
      exec,
      missingTools: () => missing().map((tool) => ({ tool, package: packageOf(tool) })),
      isMeantToRun: async (service) => service === PAT_AGENT || hasCloud(config, env),
      ownerOf: async (path) => {
        if (isPackaged || !tree.isLive || !isInstalled('dpkg-query', env['PATH'])) return undefined;
        const { exitCode, stdout } = await exec({ file: 'dpkg-query', args: ['--search', path] });
        return exitCode === 0 ? stdout.split(':')[0] : undefined;
      },
    };
  }

  /** Throws NOT_AN_EXECUTABLE, INVENTORY_DAMAGED. */
  async install(starts: boolean): Promise<readonly Step[]> {
    const { isPackaged } = this.#options;
    return planInstall(this.#parts, this.#wanted(), { starts, isPackaged });
  }

  /** Throws NOT_INSTALLED, NOT_A_PRAAS, INVENTORY_DAMAGED. */
  async upgrade(path: string, starts: boolean): Promise<readonly Step[]> {
    const { prefix } = this.#options;
    const { state_dir } = this.#config;
    return planUpgrade(this.#parts, { path, prefix, state_dir, starts, canRead: () => this.#canRead() });
  }

  /** Throws INVENTORY_DAMAGED. */
  async uninstall({ removesRules, purges }: RemovalWishes): Promise<readonly Step[]> {
    const { state_dir, log_dir } = this.#config;
    return planRemoval(this.#parts, {
      withdraw: removesRules ? () => this.#withdraw() : undefined,
      purged: purges ? [SETTINGS_DIRECTORY, state_dir, log_dir] : [],
    });
  }

  /** Does the steps; all of them, or none. Throws INSTALL_FAILED, INTERRUPTED. */
  run(steps: readonly Step[], audience: Audience): Promise<void> {
    return runSteps(steps, audience, this.interruption.abortSignal);
  }

  /** How many mappings are published on this node. */
  async published(): Promise<number> {
    return this.#onNode(async ({ dataplane }) => {
      const routers = await dataplane.routers();
      const found = await Promise.all(routers.map(async (id) => (await dataplane.observe(id)).forwards));
      return new Set(found.flat().map(({ mapping_id }) => mapping_id)).size;
    });
  }

  #wanted(): Wanted {
    const { state_dir, log_dir } = this.#config;
    const { isPackaged } = this.#options;
    const { places } = this.#parts;
    const units = renderUnits(unitFactsOf(places.executable, this.#config));
    return {
      version: this.#surroundings.version,
      files: isPackaged ? [] : this.#files(places, units),
      settings: [
        { path: `${SETTINGS_DIRECTORY}/praas.conf`, content: { text: renderSample() }, mode: SECRET },
        { path: `${SETTINGS_DIRECTORY}/clouds.yaml`, content: { text: readShare('clouds.yaml') }, mode: SECRET },
      ],
      directories: [
        { path: state_dir, mode: 0o700, isMissed: () => this.#hasMappings() },
        { path: log_dir, mode: 0o750, isMissed: async () => false },
      ],
      empty: isPackaged ? units.map(({ name }) => `${places.units}/${name}`) : [],
    };
  }

  #files(places: Places, units: readonly { readonly name: string; readonly text: string }[]): WantedFile[] {
    const { executable } = this.#surroundings;
    if (!isSea()) throw praasError('NOT_AN_EXECUTABLE', { path: executable });
    const shared = (path: string, name: string): WantedFile => ({
      path,
      content: { text: readShare(name) },
      mode: PUBLIC,
    });
    return [
      { path: places.executable, content: { copyOf: executable }, mode: 0o755 },
      ...units.map(({ name, text }) => ({ path: `${places.units}/${name}`, content: { text }, mode: PUBLIC })),
      shared(places.bashCompletion, 'completions/praas.bash'),
      shared(places.zshCompletion, 'completions/_praas'),
      shared(places.manPage, 'man/praas.8'),
    ];
  }

  /** Takes the lock: nobody publishes meanwhile. */
  async #withdraw(): Promise<number> {
    return this.#onNode(async ({ files, dataplane }) => {
      await files.open();
      return removeAllForwards(dataplane);
    });
  }

  /** True where that cannot be said, too. */
  async #hasMappings(): Promise<boolean> {
    const find = this.#onNode(async ({ store }) => {
      for (const router_id of await store.routers()) if ((await store.read(router_id)).mappings.size > 0) return true;
      return false;
    }, new Interruption());
    return find.catch(() => true);
  }

  async #canRead(): Promise<boolean> {
    return this.#onNode(async ({ store }) => {
      try {
        for (const router_id of await store.routers()) await store.read(router_id);
        return true;
      } catch (error) {
        if (isPraasError(error, 'STORE_TOO_NEW', 'STORE_DAMAGED')) return false;
        throw error;
      }
    });
  }

  #onNode<T>(work: Parameters<typeof withLocalNode<T>>[2], interruption = this.interruption): Promise<T> {
    return withLocalNode(this.#config, { ...this.#surroundings, interruption }, work);
  }
}
