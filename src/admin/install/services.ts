/** The services of praas under systemd. Nothing here knows what they do. */
import { access } from 'node:fs/promises';
import type { Exec, ExecResult } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import { SERVICES } from './places.ts';
import type { Tree } from './tree.ts';

export type Service = (typeof SERVICES)[number];

export interface ServiceState {
  readonly isActive: boolean;
  readonly isEnabled: boolean;
  /** The file that it is made of; empty when systemd knows none. */
  readonly unitPath: string;
}

const BOOTED = '/run/systemd/system';
const JOURNAL_LINES = 5;

export class Services {
  readonly #exec: Exec;
  readonly #endable: Exec;
  readonly #tree: Tree;
  readonly #readyTimeoutMs: number;

  /**
   * A service that is not ready after `ready_timeout_ms` counts as failed. What `endable` runs is broken off when somebody
   * interrupts: waiting for a service to start.
   */
  constructor(exec: Exec, endable: Exec, tree: Tree, readyTimeoutMs: number) {
    this.#exec = exec;
    this.#endable = endable;
    this.#tree = tree;
    this.#readyTimeoutMs = readyTimeoutMs;
  }

  /** False where systemd does not run: in a container, in an image that is being built. */
  async canStart(): Promise<boolean> {
    if (!this.#tree.isLive) return false;
    return access(BOOTED).then(
      () => true,
      () => false,
    );
  }

  /** How a service is. Throws TOOL_MISSING, TOOL_FAILED. */
  async state(service: Service): Promise<ServiceState> {
    const { stdout } = await this.#systemctl('show', '--property=ActiveState,UnitFileState,FragmentPath', service);
    const facts = new Map(stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
    return {
      isActive: ['active', 'activating', 'reloading'].includes(facts.get('ActiveState') ?? ''),
      isEnabled: (facts.get('UnitFileState') ?? '').startsWith('enabled'),
      unitPath: facts.get('FragmentPath') ?? '',
    };
  }

  /** Has systemd read the units again. */
  async reload(): Promise<void> {
    await this.#systemctl('daemon-reload');
  }

  /** Has them started at boot; works in an image too. */
  async enable(services: readonly Service[]): Promise<void> {
    await this.#systemctl(...this.#inTree(), 'enable', '--quiet', ...services);
  }

  async disable(services: readonly Service[]): Promise<void> {
    await this.#systemctl(...this.#inTree(), 'disable', '--quiet', ...services);
  }

  async stop(services: readonly Service[]): Promise<void> {
    await this.#systemctl('stop', ...services);
  }

  /**
   * Starts a service anew and waits until it says that it is ready. Gives false when its conditions are not met: it does
   * not run, and is not meant to. Throws SERVICE_NOT_READY, with the last lines of its journal.
   */
  restart(service: Service): Promise<boolean> {
    return this.#restart(service, this.#endable);
  }

  /** The same where something is undone, which nobody interrupts. */
  bringBack(service: Service): Promise<boolean> {
    return this.#restart(service, this.#exec);
  }

  async #restart(service: Service, exec: Exec): Promise<boolean> {
    try {
      await this.#succeed(exec, ['restart', service]);
      return (await this.state(service)).isActive;
    } catch (error) {
      throw praasError('SERVICE_NOT_READY', { service, journal: await this.#journal(service) }, error);
    }
  }

  /** Forgets that services have failed, so that they leave nothing behind in systemd. */
  async forget(services: readonly Service[]): Promise<void> {
    await this.#run(this.#exec, 'systemctl', ['reset-failed', ...services]);
  }

  async #journal(service: Service): Promise<string> {
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
    const { exitCode, stderr } = result;
    if (exitCode === 0) return result;
    throw praasError(
      'TOOL_FAILED',
      { command: `systemctl ${args.join(' ')}`, exit_code: exitCode, output: stderr.trim() },
      result,
    );
  }

  #run(exec: Exec, file: string, args: readonly string[]): Promise<ExecResult> {
    return exec({ file, args, timeoutMs: this.#readyTimeoutMs });
  }
}
