/** The installer, with the files that the executable contains, systemd, and the routers of this node. */

import { isSea } from 'node:sea';
import { isPraasError, praasError } from '../admin/errors.ts';
import type { DesiredFile, DesiredFiles } from '../admin/install/file-plan.ts';
import { type InstallationParts, planInstall } from '../admin/install/installation.ts';
import { packageOwnerOf } from '../admin/install/package-owner.ts';
import { type InstallPaths, PAT_AGENT, packagePaths, pathsBelow, SETTINGS_DIRECTORY } from '../admin/install/paths.ts';
import { planRemoval } from '../admin/install/removal.ts';
import { runSteps, type Step, type StepObserver } from '../admin/install/step.ts';
import { Systemd } from '../admin/install/systemd.ts';
import { Tree } from '../admin/install/tree.ts';
import { renderUnits, type Unit } from '../admin/install/units.ts';
import { planUpgrade } from '../admin/install/upgrade.ts';
import { removeAllForwards } from '../pat/reconcile/cleanup.ts';
import { renderSample } from '../system/config/render.ts';
import { createExec, isInstalled } from '../system/exec.ts';
import { Interruption } from '../system/interruption.ts';
import { programEnvironment } from '../system/program-environment.ts';
import { readShare } from '../system/share.ts';
import { packageOf } from '../system/tool-errors.ts';
import { hasCloud } from './cloud.ts';
import { type Config, SECTIONS } from './config.ts';
import { withLocalNode } from './local-node.ts';
import { toolsOf } from './tools.ts';
import { unitFactsOf } from './unit-facts.ts';

interface InstallerContext {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** This program. */
  readonly executable: string;
  readonly complain: (sentence: string) => void;
}

interface InstallerOptions {
  /** The directory of the system to install into; `/` is this one. */
  readonly root: string;
  readonly prefix: string;
  /** A Debian package has installed the files. */
  readonly isPackaged: boolean;
  /** The time after which a service that is not ready has failed. */
  readonly timeoutSeconds: number;
}

interface UninstallOptions {
  readonly isRemovingRules: boolean;
  /** Settings, state and logs are removed too. */
  readonly isPurge: boolean;
}

const SECRET = 0o600;
const PUBLIC = 0o644;

/** Plans give the steps that are needed and change nothing; `run` runs them. */
export class Installer {
  readonly #config: Config;
  readonly #context: InstallerContext;
  readonly #options: InstallerOptions;
  readonly #parts: InstallationParts;
  /** When it is interrupted, it undoes the steps that have run. */
  readonly interruption = new Interruption();

  constructor(config: Config, context: InstallerContext, options: InstallerOptions) {
    const { env, executable } = context;
    const { root, prefix, isPackaged, timeoutSeconds } = options;
    // Not ended by an interruption: what is running is finished, and then undone.
    const [timeoutMs, environment] = [
      config.command_timeout_seconds * 1000,
      programEnvironment(env, config.programs_path),
    ];
    const exec = createExec(timeoutMs, environment);
    const interruptibleExec = createExec(timeoutMs, environment, this.interruption.abortSignal);
    const tree = new Tree(root);
    const missing = (): readonly string[] => toolsOf(config).filter((tool) => !isInstalled(tool, config.programs_path));
    this.#config = config;
    this.#context = context;
    this.#options = options;
    this.#parts = {
      tree,
      paths: isPackaged ? packagePaths(executable) : pathsBelow(prefix),
      systemd: new Systemd(exec, interruptibleExec, tree, timeoutSeconds * 1000),
      exec,
      missingTools: () => missing().map((tool) => ({ tool, package: packageOf(tool) })),
      isMeantToRun: async (service) => service === PAT_AGENT || hasCloud(config, env),
      ownerOf: async (path) => {
        if (isPackaged || !tree.isLive || !isInstalled('dpkg-query', config.programs_path)) return undefined;
        return packageOwnerOf(exec, path);
      },
    };
  }

  /** Throws NOT_AN_EXECUTABLE, INVENTORY_DAMAGED. */
  async planInstall(isStartRequested: boolean): Promise<readonly Step[]> {
    const { isPackaged } = this.#options;
    return planInstall(this.#parts, this.#desiredFiles(), { isStartRequested, isPackaged });
  }

  /** Throws NOT_INSTALLED, NOT_A_PRAAS, INVENTORY_DAMAGED. */
  async planUpgrade(path: string, isStartRequested: boolean): Promise<readonly Step[]> {
    const { prefix } = this.#options;
    return planUpgrade(this.#parts, {
      path,
      prefix,
      stateDirectory: this.#config.state_dir,
      isStartRequested,
      canReadState: () => this.#canReadState(),
    });
  }

  /** Throws INVENTORY_DAMAGED. */
  async planUninstall({ isRemovingRules, isPurge }: UninstallOptions): Promise<readonly Step[]> {
    const { state_dir, log_dir } = this.#config;
    return planRemoval(this.#parts, {
      removeRules: isRemovingRules ? () => this.#removeRules() : undefined,
      purged: isPurge ? [SETTINGS_DIRECTORY, state_dir, log_dir] : [],
    });
  }

  /** Runs the steps; when one fails, those before it are undone. Throws INSTALL_FAILED, INTERRUPTED. */
  run(steps: readonly Step[], observer: StepObserver): Promise<void> {
    return runSteps(steps, observer, this.interruption.abortSignal);
  }

  /** How many mappings have rules on this node. */
  async countPublished(): Promise<number> {
    return this.#onNode(async ({ dataplane }) => {
      const routers = await dataplane.routers();
      const found = await Promise.all(routers.map(async (id) => (await dataplane.observe(id)).forwards));
      return new Set(found.flat().map(({ mapping_id }) => mapping_id)).size;
    });
  }

  #desiredFiles(): DesiredFiles {
    const { state_dir, log_dir } = this.#config;
    const { isPackaged } = this.#options;
    const { paths } = this.#parts;
    const units = renderUnits(unitFactsOf(paths.executable, this.#config));
    return {
      version: this.#context.version,
      files: isPackaged ? [] : this.#files(paths, units),
      settings: [
        { path: `${SETTINGS_DIRECTORY}/praas.conf`, content: { text: renderSample(SECTIONS) }, mode: SECRET },
        { path: `${SETTINGS_DIRECTORY}/clouds.yaml`, content: { text: readShare('clouds.yaml') }, mode: SECRET },
      ],
      directories: [
        { path: state_dir, mode: 0o700, isWorthKeeping: () => this.#hasMappings() },
        { path: log_dir, mode: 0o750, isWorthKeeping: async () => false },
      ],
      absent: isPackaged ? units.map(({ name }) => `${paths.units}/${name}`) : [],
    };
  }

  #files(paths: InstallPaths, units: readonly Unit[]): DesiredFile[] {
    const { executable } = this.#context;
    if (!isSea()) throw praasError('NOT_AN_EXECUTABLE', { path: executable });
    const shared = (path: string, name: string): DesiredFile => ({
      path,
      content: { text: readShare(name) },
      mode: PUBLIC,
    });
    return [
      { path: paths.executable, content: { copyOf: executable }, mode: 0o755 },
      ...units.map(({ name, text }) => ({ path: `${paths.units}/${name}`, content: { text }, mode: PUBLIC })),
      shared(paths.bashCompletion, 'completions/praas.bash'),
      shared(paths.zshCompletion, 'completions/_praas'),
      shared(paths.manPage, 'man/praas.8'),
    ];
  }

  /** Holds the lock, so that no mapping is published meanwhile. */
  async #removeRules(): Promise<number> {
    return this.#onNode(async ({ files, dataplane }) => {
      await files.open();
      return removeAllForwards(dataplane);
    });
  }

  /** True also when the state cannot be read. */
  async #hasMappings(): Promise<boolean> {
    const find = this.#onNode(async ({ store }) => {
      for (const routerId of await store.routers()) if ((await store.read(routerId)).mappings.size > 0) return true;
      return false;
    }, new Interruption());
    return find.catch(() => true);
  }

  async #canReadState(): Promise<boolean> {
    return this.#onNode(async ({ store }) => {
      try {
        for (const routerId of await store.routers()) await store.read(routerId);
        return true;
      } catch (error) {
        if (isPraasError(error, 'STORE_TOO_NEW', 'STORE_DAMAGED')) return false;
        throw error;
      }
    });
  }

  #onNode<T>(work: Parameters<typeof withLocalNode<T>>[2], interruption = this.interruption): Promise<T> {
    return withLocalNode(this.#config, { ...this.#context, interruption }, work);
  }
}
