/** What the commands share that install, upgrade and remove praas. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { type Config, DEFAULT_PATH, loadConfig } from '../compose/config.ts';
import type { Installer } from '../compose/installer.ts';
import { PraasCommand } from './base.ts';
import { countFlag } from './flags.ts';
import type { StepView } from './output/steps.ts';

const MAX_SECONDS = 3600;

type Steps = Awaited<ReturnType<Installer['planInstall']>>;

/** A step that has run, or would run, and its outcome. */
export interface StepReport {
  readonly title: string;
  readonly note?: string;
}

interface InstallerFlags {
  readonly config: string | undefined;
  readonly root?: string | undefined;
  readonly prefix: string;
  readonly package: boolean;
  readonly timeout: number;
}

interface RunOptions {
  readonly isDryRun: boolean;
  /** Printed when there are no steps. */
  readonly upToDate: string;
  /** Printed when all steps have run. */
  readonly success?: string;
}

export abstract class InstallerCommand extends PraasCommand {
  static override baseFlags = {
    ...PraasCommand.baseFlags,
    prefix: Flags.directory({
      description: 'directory of the executable, its man page and completion',
      default: '/usr/local',
      helpValue: 'DIR',
      parse: async (given: string) => resolve(given),
    }),
    package: Flags.boolean({ hidden: true, description: 'a Debian package has installed the files' }),
    timeout: countFlag(MAX_SECONDS)({
      description: 'maximum wait for a service to become ready, in seconds',
      default: 300,
      helpValue: 'SECONDS',
    }),
    'dry-run': Flags.boolean({ description: 'show the steps without running them' }),
  };

  protected override readonly work = 'installation';

  /** Gives the installer of this system, or of the one in the directory `root`. */
  protected async installer(flags: InstallerFlags): Promise<Installer> {
    this.requireRoot();
    const root = resolve(flags.root ?? '/');
    const { Installer: Opened } = await import('../compose/processes.ts');
    const { env, execPath: executable } = process;
    const complain = (sentence: string): void => this.complain(sentence);
    const context = { env, version: this.config.version, executable, complain };
    const { prefix, timeout: timeoutSeconds, package: isPackaged } = flags;
    return new Opened(await this.#configOf(root, flags.config), context, {
      root,
      prefix,
      timeoutSeconds,
      isPackaged,
    });
  }

  /** Runs the steps and shows each; in a dry run it only shows them. */
  protected async runSteps(
    installer: Installer,
    steps: Steps,
    { isDryRun, upToDate, success }: RunOptions,
  ): Promise<readonly StepReport[]> {
    const titles = steps.map(({ title }) => title);
    if (steps.length === 0) this.print(upToDate);
    if (isDryRun) for (const title of titles) this.print(`would ${title}`);
    if (isDryRun || steps.length === 0) return titles.map((title) => ({ title }));
    const reports: StepReport[] = [];
    const view = await this.#view(titles);
    const observer = {
      started: (title: string): void => view.started(title),
      failed: (title: string): void => view.failed(title),
      undone: (undone: readonly string[], failures: readonly string[]): void => view.undone(undone, failures),
      completed: (title: string, note: string | undefined): void => {
        reports.push({ title, ...(note !== undefined && { note }) });
        view.completed(title, note);
      },
    };
    await this.interruptible(installer.interruption, async () => {
      try {
        await installer.run(steps, observer);
      } finally {
        await view.drawn();
      }
    });
    if (success !== undefined) this.print(success);
    return reports;
  }

  async #view(titles: readonly string[]): Promise<StepView> {
    const { LiveSteps, PlainSteps } = await import('./output/steps.ts');
    const print = (line: string): void => this.print(line);
    return process.stdout.isTTY && !this.jsonEnabled() ? new LiveSteps(titles, print) : new PlainSteps(print);
  }

  /** Another system has its own configuration file, and the variables of this one do not apply to it. */
  async #configOf(root: string, path: string | undefined): Promise<Config> {
    if (root === '/' || path !== undefined) return (await this.loadConfig(path)).config;
    const { pathInImage } = await import('../compose/processes.ts');
    const { path: itsPath } = await pathInImage(root, DEFAULT_PATH, true);
    return (await loadConfig({ env: {}, path: existsSync(itsPath) ? itsPath : '/dev/null' })).config;
  }
}
