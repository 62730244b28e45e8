/** What commands share that run until they are told to end. */
import { Flags } from '@oclif/core';
import { composeServiceManager } from '../compose/service-manager.ts';
import { type Config, KEYS } from '../system/config/keys.ts';
import { PraasCommand } from './base.ts';
import { flagReader } from './flags.ts';

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

interface Daemon {
  /** What it is, for people, once it has started. */
  readonly summary: string;
  start(): Promise<unknown>;
  reload(read: () => Promise<Config>): Promise<unknown>;
  stop(): Promise<unknown>;
}

export const retainFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'DAYS',
  parse: flagReader(KEYS.retain.kind.allowed, KEYS.retain.kind.parse),
});

export abstract class DaemonCommand extends PraasCommand {
  /** Gives what reads the configuration, as often as it is asked: what was typed counts before it. */
  protected reader(flags: {
    readonly config?: string | undefined;
    readonly retain?: number | undefined;
  }): () => Promise<Config> {
    const { config: path, retain } = flags;
    return async () => {
      const { config } = await this.loadConfig(path);
      return retain === undefined ? config : Object.freeze({ ...config, retain });
    };
  }

  /**
   * Starts it; SIGHUP has it read the configuration again, SIGTERM and SIGINT stop it. It is stopped however this ends.
   * Under systemd it says how it is.
   */
  protected async runUntilStopped(daemon: Daemon, read: () => Promise<Config>): Promise<void> {
    // Otherwise Node calls itself MainThread.
    process.title = this.title;
    const asked = Promise.withResolvers<void>();
    const systemd = composeServiceManager(process.env, (sentence) => this.complain(sentence));
    const stop = (): void => asked.resolve();
    const reload = async (): Promise<void> => {
      await systemd.reloading();
      await daemon.reload(read);
      await systemd.ready(daemon.summary);
    };
    const onReload = (): void => void reload();
    for (const signal of STOPPING) process.on(signal, stop);
    process.on('SIGHUP', onReload);
    try {
      // To begin may take long, and whoever stops it does not wait for that.
      const started = daemon.start().then(() => systemd.ready(daemon.summary));
      await Promise.race([started.then(() => asked.promise), asked.promise]);
      started.catch(() => undefined);
    } finally {
      await systemd.stopping();
      await daemon.stop();
      process.off('SIGHUP', onReload);
      for (const signal of STOPPING) process.off(signal, stop);
    }
  }
}
