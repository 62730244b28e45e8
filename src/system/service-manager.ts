/**
 * Notifies systemd, when it started this process, that the service is ready, reloads, stops or is alive. The protocol is
 * sd_notify(3); Node has no datagram sockets of the AF_UNIX family, so systemd-notify(1) speaks it. Without systemd nothing happens.
 */
import { messageOf } from '../core/errors/message-of.ts';
import type { Timers } from '../core/timers.ts';
import type { Exec } from './exec.ts';

interface ServiceManagerParts {
  /** Starts the program as a child of this process: systemd checks the sender. */
  readonly exec: Exec;
  readonly env: NodeJS.ProcessEnv;
  readonly timers: Timers;
  /** Receives the reason when a notification fails. */
  readonly complain: (sentence: string) => void;
}

const MICROSECONDS = 1000;

export class ServiceManager {
  readonly #parts: ServiceManagerParts;
  #cancelWatchdog: () => void = () => undefined;
  #hasComplained = false;

  constructor(parts: ServiceManagerParts) {
    this.#parts = parts;
  }

  /** Reports that the service works, and from now on that it is alive, as often as systemd requires. `status` is shown to operators. */
  async ready(status: string): Promise<void> {
    await this.#notify('READY=1', `STATUS=${oneLine(status)}`);
    this.#feedWatchdog();
  }

  /** Reports that the service reloads its configuration; `ready` ends that. */
  async reloading(): Promise<void> {
    await this.#notify('RELOADING=1');
  }

  /** Reports that the service stops. */
  async stopping(): Promise<void> {
    this.#cancelWatchdog();
    await this.#notify('STOPPING=1', 'STATUS=stopping');
  }

  /** Uses a timer of the event loop that does all work: when it hangs, the notifications stop. */
  #feedWatchdog(): void {
    this.#cancelWatchdog();
    const { env, timers } = this.#parts;
    const periodUs = Number(env['WATCHDOG_USEC']);
    if (!(periodUs > 0)) return;
    // Half of the time limit, as sd_watchdog_enabled(3) recommends.
    this.#cancelWatchdog = timers.after(periodUs / MICROSECONDS / 2, () => {
      void this.#notify('WATCHDOG=1');
      this.#feedWatchdog();
    });
  }

  async #notify(...args: readonly string[]): Promise<void> {
    const { exec, env, complain } = this.#parts;
    if (!env['NOTIFY_SOCKET']) return;
    const failure = await exec({ file: 'systemd-notify', args }).then(
      ({ exitCode, stderr }) => (exitCode === 0 ? undefined : stderr.trim()),
      (error: unknown) => messageOf(error),
    );
    if (failure === undefined || this.#hasComplained) return;
    this.#hasComplained = true;
    complain(`cannot notify systemd: ${failure}`);
  }
}

/** A line break would start another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
