/** What the commands share that run until a signal stops them. */
import { hostname } from 'node:os';
import { type Config, DEFAULT_PATH } from '../compose/config.ts';
import type { Daemon } from '../compose/daemon.ts';
import type { DaemonContext } from '../compose/runtime-context.ts';
import { PraasCommand } from './base.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** They mean nothing to a daemon, and tools send them in passing; without a handler they end the process. */
const STRAY_SIGNALS = ['SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR', 'SIGXCPU'] as const;

export abstract class DaemonCommand extends PraasCommand {
  /** Gives a function that reads the configuration, from `path` if given; the values of flags override it each time. */
  protected reader(path: string | undefined, overrides: Partial<Config>): () => Promise<Config> {
    return async () => {
      const { config } = await this.loadConfig(path);
      return Object.freeze({ ...config, ...overrides });
    };
  }

  /** What the process gives a daemon that reads praas.conf at `path`, if given. */
  protected context(path: string | undefined): DaemonContext {
    return {
      configPath: path ?? DEFAULT_PATH,
      env: process.env,
      command: this.title,
      version: this.config.version,
      hostName: hostname(),
      complain: (sentence) => this.complain(sentence),
      say: (line) => this.print(line),
    };
  }

  /** Starts the daemon and waits: SIGHUP reloads the configuration, SIGTERM and SIGINT stop it. It is stopped also after an error. */
  protected async runUntilStopped(daemon: Daemon<Config>, read: () => Promise<Config>): Promise<void> {
    // Otherwise Node calls itself MainThread.
    process.title = this.title;
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    const ignore = (): void => undefined;
    const reload = (): void => void daemon.reload(read);
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    process.on('SIGHUP', reload);
    for (const signal of STRAY_SIGNALS) process.on(signal, ignore);
    try {
      // The start may take long, and a signal ends the wait for it.
      const started = daemon.start();
      await Promise.race([started.then(() => stopped.promise), stopped.promise]);
      started.catch(() => undefined);
    } finally {
      await daemon.stop();
      process.off('SIGHUP', reload);
      for (const signal of STRAY_SIGNALS) process.off(signal, ignore);
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
    }
  }
}
