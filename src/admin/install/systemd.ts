/** The services of praas under systemd. What they do is not known here. */
import type { Exec, ExecResult } from '../../system/exec.ts';
import { pathExists } from '../../system/path-exists.ts';
import { toolFailed } from '../../system/tool-errors.ts';
import { praasError } from '../errors.ts';
import type { ServiceName } from './paths.ts';
import type { Tree } from './tree.ts';

export interface ServiceState {
  readonly isActive: boolean;
  readonly isEnabled: boolean;
}

const JOURNAL_LINES = 5;

/** Whether systemd has booted this machine, as sd_booted(3) finds out. */
export function isBooted(): Promise<boolean> {
  return pathExists('/run/systemd/system');
}

export class Systemd {
  readonly #exec: Exec;
  readonly #interruptibleExec: Exec;
  readonly #tree: Tree;
  readonly #timeoutMs: number;

  /**
   * A service that is not ready after `timeoutMs` counts as failed. An interruption ends what `interruptibleExec` runs: waiting
   * for a service to start.
   */
  constructor(exec: Exec, interruptibleExec: Exec, tree: Tree, timeoutMs: number) {
    this.#exec = exec;
    this.#interruptibleExec = interruptibleExec;
    this.#tree = tree;
    this.#timeoutMs = timeoutMs;
  }

  /** False where systemd does not run: in a container, or in an image that is being built. */
  async isRunning(): Promise<boolean> {
    return this.#tree.isLive && (await isBooted());
  }

  /** Throws TOOL_MISSING, TOOL_FAILED. */
  async state(service: ServiceName): Promise<ServiceState> {
    const { stdout } = await this.#systemctl('show', '--property=ActiveState,UnitFileState', service);
    const properties = new Map(stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
    return {
      isActive: ['active', 'activating', 'reloading'].includes(properties.get('ActiveState') ?? ''),
      isEnabled: (properties.get('UnitFileState') ?? '').startsWith('enabled'),
    };
  }

  /** Makes systemd read the unit files again. Throws TOOL_MISSING, TOOL_FAILED. */
  async daemonReload(): Promise<void> {
    await this.#systemctl('daemon-reload');
  }

  /** Has the services started at boot; works in an image too. Throws TOOL_MISSING, TOOL_FAILED. */
  async enable(services: readonly ServiceName[]): Promise<void> {
    await this.#systemctl(...this.#inTree(), 'enable', '--quiet', ...services);
  }

  /** Throws TOOL_MISSING, TOOL_FAILED. */
  async disable(services: readonly ServiceName[]): Promise<void> {
    await this.#systemctl(...this.#inTree(), 'disable', '--quiet', ...services);
  }

  /** Throws TOOL_MISSING, TOOL_FAILED. */
  async stop(services: readonly ServiceName[]): Promise<void> {
    await this.#systemctl('stop', ...services);
  }

  /**
   * Restarts a service and waits until it reports that it is ready. Gives false when its conditions are not met: it does not run,
   * and is not meant to. Throws SERVICE_NOT_READY, with the last lines of its journal.
   */
  restart(service: ServiceName): Promise<boolean> {
    return this.#restart(service, this.#interruptibleExec);
  }

  /** The same for an undo, which an interruption does not end. */
  restartUninterrupted(service: ServiceName): Promise<boolean> {
    return this.#restart(service, this.#exec);
  }

  async #restart(service: ServiceName, exec: Exec): Promise<boolean> {
    try {
      await this.#succeed(exec, ['restart', service]);
      return (await this.state(service)).isActive;
    } catch (error) {
      throw praasError('SERVICE_NOT_READY', { service, journal: await this.#journal(service) }, error);
    }
  }

  /** Makes systemd forget that services have failed, so that nothing of them remains there. */
  async resetFailed(services: readonly ServiceName[]): Promise<void> {
    await this.#run(this.#exec, 'systemctl', ['reset-failed', ...services]);
  }

  async #journal(service: ServiceName): Promise<string> {
    const args = ['--unit', service, '--lines', String(JOURNAL_LINES), '--output', 'cat', '--no-pager', '--quiet'];
    return this.#run(this.#exec, 'journalctl', args).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  }

  #inTree(): string[] {
    return this.#tree.isLive ? [] : ['--root', this.#tree.at('/')];
  }

  #systemctl(...args: readonly string[]): Promise<ExecResult> {
    return this.#succeed(this.#exec, args);
  }

  async #succeed(exec: Exec, args: readonly string[]): Promise<ExecResult> {
    const result = await this.#run(exec, 'systemctl', args);
    if (result.exitCode === 0) return result;
    throw toolFailed({ file: 'systemctl', args }, result);
  }

  #run(exec: Exec, file: string, args: readonly string[]): Promise<ExecResult> {
    return exec({ file, args, timeoutMs: this.#timeoutMs });
  }
}
