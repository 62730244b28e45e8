/** What the commands share that run until a signal stops them. */
import { Flags } from '@oclif/core';
import type { Config } from '../compose/config.ts';
import type { Daemon } from '../compose/daemon.ts';
import { PAT_KEYS } from '../pat/settings.ts';
import { PraasCommand } from './base.ts';
import { flagReader } from './flags.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export const retainFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'DAYS',
  parse: flagReader(PAT_KEYS.retain_days.kind.allowed, PAT_KEYS.retain_days.kind.parse),
});

export abstract class DaemonCommand extends PraasCommand {
  /** Gives a function that reads the configuration; flags override it each time. */
  protected reader(flags: {
    readonly config?: string | undefined;
    readonly retain?: number | undefined;
  }): () => Promise<Config> {
    const { config: path, retain: retain_days } = flags;
    return async () => {
      const { config } = await this.loadConfig(path);
      return retain_days === undefined ? config : Object.freeze({ ...config, retain_days });
    };
  }

  /** Starts the daemon and waits: SIGHUP reloads the configuration, SIGTERM and SIGINT stop it. It is stopped also after an error. */
  protected async runUntilStopped(daemon: Daemon<Config>, read: () => Promise<Config>): Promise<void> {
    // Otherwise Node calls itself MainThread.
    process.title = this.title;
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    const reload = (): void => void daemon.reload(read);
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    process.on('SIGHUP', reload);
    try {
      // The start may take long, and a signal ends the wait for it.
      const started = daemon.start();
      await Promise.race([started.then(() => stopped.promise), stopped.promise]);
      started.catch(() => undefined);
    } finally {
      await daemon.stop();
      process.off('SIGHUP', reload);
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
    }
  }
}
