/** What the commands share that install praas, replace it, and take it away. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { type Config, DEFAULT_PATH, loadConfig } from '../compose/config.ts';
import type { Installer } from '../compose/installer.ts';
import { PraasCommand } from './base.ts';
import type { StepAudience } from './output/steps.ts';

const MAX_SECONDS = 3600;

type Steps = Awaited<ReturnType<Installer['install']>>;

/** What was done, or would be, and what came of it. */
export interface StepReport {
  readonly title: string;
  readonly note?: string;
}

interface Where {
  readonly config: string | undefined;
  readonly root?: string | undefined;
  readonly prefix: string;
  readonly package: boolean;
  readonly timeout: number;
}

export abstract class InstallerCommand extends PraasCommand {
  static override baseFlags = {
    ...PraasCommand.baseFlags,
    prefix: Flags.directory({
      description: 'where the executable, its library, man page and completion are',
      default: '/usr/local',
      helpValue: 'DIR',
      parse: async (given: string) => resolve(given),
    }),
    package: Flags.boolean({ hidden: true, description: 'the files are those of a Debian package' }),
    timeout: Flags.integer({
      description: 'seconds after which a service that is not ready has failed',
      default: 300,
      min: 1,
      max: MAX_SECONDS,
      helpValue: 'SECONDS',
    }),
    'dry-run': Flags.boolean({ description: 'show the steps, and do nothing' }),
  };

  /** Gives the installer of this system, or of the one in `root`. */
  protected async installer(flags: Where): Promise<Installer> {
    this.requireRoot();
    const root = resolve(flags.root ?? '/');
    const { Installer: Opened } = await import('../compose/processes.ts');
    const { env, execPath: executable } = process;
    const complain = (sentence: string): void => this.complain(sentence);
    const surroundings = { env, version: this.config.version, executable, complain };
    const { prefix, timeout: timeoutSeconds, package: isPackaged } = flags;
    return new Opened(await this.#configOf(root, flags.config), surroundings, {
      root,
      prefix,
      timeoutSeconds,
      isPackaged,
    });
  }

  /** Shows the steps as they are done and says `closing`, or with `dry_run` does nothing. Says `idle` when there are none. */
  protected async perform(
    installer: Installer,
    steps: Steps,
    { dry_run, idle, closing }: { readonly dry_run: boolean; readonly idle: string; readonly closing?: string },
  ): Promise<readonly StepReport[]> {
    const titles = steps.map(({ title }) => title);
    if (steps.length === 0) this.print(idle);
    if (dry_run) for (const title of titles) this.print(`would ${title}`);
    if (dry_run || steps.length === 0) return titles.map((title) => ({ title }));
    const reports: StepReport[] = [];
    const audience = await this.#audience(titles);
    const hearing = {
      begins: (title: string): void => audience.begins(title),
      failed: (title: string): void => audience.failed(title),
      undone: (done: readonly string[], failures: readonly string[]): void => audience.undone(done, failures),
      done: (title: string, note: string | undefined): void => {
        reports.push({ title, ...(note !== undefined && { note }) });
        audience.done(title, note);
      },
    };
    await this.interruptible(installer.interruption, async () => {
      try {
        await installer.run(steps, hearing);
      } finally {
        await audience.shown();
      }
    });
    if (closing !== undefined) this.print(closing);
    return reports;
  }

  async #audience(titles: readonly string[]): Promise<StepAudience> {
    const { LivingSteps, PlainSteps } = await import('./output/steps.ts');
    const print = (line: string): void => this.print(line);
    return process.stdout.isTTY && !this.jsonEnabled() ? new LivingSteps(titles, print) : new PlainSteps(print);
  }

  /** Another system has a configuration of its own, and the variables of this one do not count there. */
  async #configOf(root: string, path: string | undefined): Promise<Config> {
    if (root === '/' || path !== undefined) return (await this.loadConfig(path)).config;
    const there = join(root, DEFAULT_PATH);
    const exists = await access(there).then(
      () => true,
      () => false,
    );
    return (await loadConfig({ env: {}, path: exists ? there : '/dev/null' })).config;
  }
}
