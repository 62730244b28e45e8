/** What commands share that run until they are told to end. */
import { Flags } from '@oclif/core';
import type { Config } from '../compose/config.ts';
import type { Daemon } from '../compose/daemon.ts';
import { PAT_KEYS } from '../pat/settings.ts';
import { PraasCommand } from './base.ts';
import { flagReader } from './flags.ts';

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

export const retainFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'DAYS',
  parse: flagReader(PAT_KEYS.retain_days.kind.allowed, PAT_KEYS.retain_days.kind.parse),
});

export abstract class DaemonCommand extends PraasCommand {
  /** Gives what reads the configuration, as often as it is asked: what was typed counts before it. */
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

  /** Starts it; SIGHUP has it read the configuration again, SIGTERM and SIGINT stop it. It is stopped however this ends. */
  protected async runUntilStopped(daemon: Daemon<Config>, read: () => Promise<Config>): Promise<void> {
    // Otherwise Node calls itself MainThread.
    process.title = this.title;
    const asked = Promise.withResolvers<void>();
    const stop = (): void => asked.resolve();
    const reload = (): void => void daemon.reload(read);
    for (const signal of STOPPING) process.on(signal, stop);
    process.on('SIGHUP', reload);
    try {
      // To begin may take long, and whoever stops it does not wait for that.
      const started = daemon.start();
      await Promise.race([started.then(() => asked.promise), asked.promise]);
      started.catch(() => undefined);
    } finally {
      await daemon.stop();
      process.off('SIGHUP', reload);
      for (const signal of STOPPING) process.off(signal, stop);
    }
  }
}
