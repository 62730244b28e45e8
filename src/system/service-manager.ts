/**
 * systemd, where it has started us: told when we are ready, what we do, and that we live. The protocol is sd_notify(3); Node
 * has no datagram sockets of the AF_UNIX family, so systemd-notify(1) speaks it. Where nobody listens nothing happens.
 */
import { messageOf } from '../core/errors/message-of.ts';
import type { Timers } from '../core/timers.ts';
import type { Exec } from './exec.ts';

export interface ServiceManagerParts {
  /** Starts the program as our own child: systemd asks whose it is. */
  readonly exec: Exec;
  readonly env: NodeJS.ProcessEnv;
  readonly timers: Timers;
  /** Hears what could not be said. */
  readonly complain: (sentence: string) => void;
}

const MICROSECONDS = 1000;

export class ServiceManager {
  readonly #parts: ServiceManagerParts;
  #callOff: () => void = () => undefined;
  #hasComplained = false;

  constructor(parts: ServiceManagerParts) {
    this.#parts = parts;
  }

  /** We do our work; from now on systemd hears that we live, as often as it asks for. `status` is for people. */
  async ready(status: string): Promise<void> {
    await this.#notify('READY=1', `STATUS=${oneLine(status)}`);
    this.#feedWatchdog();
  }

  /** We read our configuration again; `ready` ends it. */
  async reloading(): Promise<void> {
    await this.#notify('RELOADING=1');
  }

  /** We are on our way out. */
  async stopping(): Promise<void> {
    this.#callOff();
    await this.#notify('STOPPING=1', 'STATUS=stopping: rules and connections stay');
  }

  /** From a timer of the loop that does all work: when that hangs, nothing is said any more. */
  #feedWatchdog(): void {
    this.#callOff();
    const { env, timers } = this.#parts;
    const periodUs = Number(env['WATCHDOG_USEC']);
    if (!(periodUs > 0)) return;
    // Half of what is allowed, as sd_watchdog_enabled(3) advises.
    this.#callOff = timers.after(periodUs / MICROSECONDS / 2, () => {
      void this.#notify('WATCHDOG=1');
      this.#feedWatchdog();
    });
  }

  async #notify(...args: readonly string[]): Promise<void> {
    const { exec, env, complain } = this.#parts;
    if (!env['NOTIFY_SOCKET']) return;
    const trouble = await exec({ file: 'systemd-notify', args }).then(
      ({ exitCode, stderr }) => (exitCode === 0 ? undefined : stderr.trim()),
      (error: unknown) => messageOf(error),
    );
    if (trouble === undefined || this.#hasComplained) return;
    this.#hasComplained = true;
    complain(`systemd could not be told how this service is: ${trouble}`);
  }
}

/** A line break would begin another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
