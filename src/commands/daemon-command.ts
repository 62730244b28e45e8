/** What commands share that run until they are told to end. */
import type { Config } from '../config/keys.ts';
import { PraasCommand } from './base.ts';

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

interface Daemon {
  start(): Promise<unknown>;
  reload(read: () => Promise<Config>): Promise<unknown>;
  stop(): Promise<unknown>;
}

export abstract class DaemonCommand extends PraasCommand {
  /** Starts it; SIGHUP has it read the configuration again, SIGTERM and SIGINT stop it. It is stopped however this ends. */
  protected async runUntilStopped(daemon: Daemon, read: () => Promise<Config>): Promise<void> {
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
