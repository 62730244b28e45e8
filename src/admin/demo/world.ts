/**
 * A world of network namespaces for one demonstration or test: builds what a plan describes and removes it again, in whatever
 * state it is. It starts no processes: the caller ends those that it has started before the world is removed.
 */
import type { Command, Exec } from '../../system/exec.ts';
import { toolFailed } from '../../system/tool-errors.ts';
import type { NamespacePlan, WorldPlan } from './plan.ts';

/** A second ^C kills the `ip` that is removing namespaces; the next attempt removes the rest. */
const MAX_ATTEMPTS = 3;

export class World {
  readonly #exec: Exec;
  readonly #plan: WorldPlan;

  /** Creates nothing yet. */
  constructor(exec: Exec, plan: WorldPlan) {
    this.#exec = exec;
    this.#plan = plan;
  }

  /** Gives a world that is built. Throws what build() throws, after removing what was built until then. */
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

  /** Builds it. Throws TOOL_FAILED when a namespace with such a name exists, and leaves what it has built until then. */
  async build(): Promise<void> {
    const input = this.#plan.map(({ name }) => `netns add ${name}\n`).join('');
    await this.#run({ file: 'ip', args: ['-batch', '-'], input });
    for (const namespace of this.#plan) await this.#configure(namespace);
  }

  /** Removes whatever exists of it; that nothing exists is no error. Throws TOOL_FAILED when something cannot be removed. */
  async remove(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const existing = await this.#existing();
      if (existing.length === 0) return;
      const input = existing.map((name) => `netns del ${name}\n`).join('');
      const command = { file: 'ip', args: ['-force', '-batch', '-'], input };
      await this.#run(command).catch((error: unknown) => {
        if (attempt === MAX_ATTEMPTS) throw error;
      });
    }
  }

  async #configure({ name, lines, isForwarding }: NamespacePlan): Promise<void> {
    const input = lines.map((line) => `${line}\n`).join('');
    await this.#run({ file: 'ip', args: ['-n', name, '-batch', '-'], input });
    if (!isForwarding) return;
    await this.#run({ file: 'ip', args: ['netns', 'exec', name, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'] });
  }

  /** Namespaces of the plan that exist. */
  async #existing(): Promise<string[]> {
    const list = await this.#run({ file: 'ip', args: ['netns', 'list'] });
    const names = new Set(list.split('\n').map((line) => line.split(' ', 1)[0]));
    return this.#plan.map(({ name }) => name).filter((name) => names.has(name));
  }

  async #run(command: Command): Promise<string> {
    const result = await this.#exec(command);
    if (result.exitCode === 0) return result.stdout;
    throw toolFailed(command, result);
  }
}
