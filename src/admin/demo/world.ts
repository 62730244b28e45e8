/**
 * A throwaway world of network namespaces: builds what a plan says and takes everything away again, whatever state it
 * was left in. Holds no processes: whoever starts some inside ends them before the world is removed.
 */
import type { Command, Exec } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import type { NamespacePlan, WorldPlan } from './plan.ts';

/** A second ^C kills the `ip` that is removing namespaces; what is left is removed by the next try. */
const REMOVE_TRIES = 3;

export class World {
  readonly #exec: Exec;
  readonly #plan: WorldPlan;

  /** Touches nothing yet. */
  constructor(exec: Exec, plan: WorldPlan) {
    this.#exec = exec;
    this.#plan = plan;
  }

  /** Gives a world that stands. Throws what build() throws, after taking away what was there of it. */
  static async create(exec: Exec, plan: WorldPlan): Promise<World> {
    const world = new World(exec, plan);
    try {
      await world.build();
    } catch (error) {
      await world.remove();
      throw error;
    }
    return world;
  }

  /** Builds it. Throws TOOL_FAILED when a namespace of that name is there, and leaves what it has built until then. */
  async build(): Promise<void> {
    await this.#run({ file: 'ip', args: ['-batch', '-'], input: this.#each((name) => `netns add ${name}`) });
    for (const namespace of this.#plan) await this.#furnish(namespace);
  }

  /** Takes away whatever exists of it; nothing to take away is no error. Throws TOOL_FAILED when something stays. */
  async remove(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const standing = await this.#standing();
      if (standing.length === 0) return;
      const input = standing.map((name) => `netns del ${name}\n`).join('');
      const command = { file: 'ip', args: ['-force', '-batch', '-'], input };
      await this.#run(command).catch((error: unknown) => {
        if (tries === REMOVE_TRIES) throw error;
      });
    }
  }

  async #furnish({ name, lines, forwards }: NamespacePlan): Promise<void> {
    const input = lines.map((line) => `${line}\n`).join('');
    await this.#run({ file: 'ip', args: ['-n', name, '-batch', '-'], input });
    if (!forwards) return;
    await this.#run({ file: 'ip', args: ['netns', 'exec', name, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'] });
  }

  /** Namespaces of the plan that exist. */
  async #standing(): Promise<string[]> {
    const list = await this.#run({ file: 'ip', args: ['netns', 'list'] });
    const names = new Set(list.split('\n').map((line) => line.split(' ', 1)[0]));
    return this.#plan.map(({ name }) => name).filter((name) => names.has(name));
  }

  #each(line: (name: string) => string): string {
    return this.#plan.map(({ name }) => `${line(name)}\n`).join('');
  }

  async #run(command: Command): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#exec(command);
    if (exitCode === 0) return stdout;
    const text = [command.file, ...command.args].join(' ');
    throw praasError('TOOL_FAILED', { command: text, exit_code: exitCode, output: stderr.trim() });
  }
}
