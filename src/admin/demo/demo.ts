/**
 * One demonstration from beginning to end: lock, remove what a killed one left, build the world, tell the story, take
 * everything away. What is left afterwards is nothing, also when the story fails or is interrupted.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Exec } from '../../system/exec.ts';
import { PeerHub } from './hub.ts';
import { lockDemo } from './lock.ts';
import { placesOf, standardPlan, type WorldNames } from './plan.ts';
import type { Screen } from './screen.ts';
import { Stage } from './stage.ts';
import { HTTP, SSH, type StoryBackend, tellStory } from './story.ts';
import { World } from './world.ts';

/** Fixed, so that the next demonstration finds what a killed one left. */
export const DEMO_NAMES: WorldNames = {
  router: 'qrouter-00000000-0000-4000-8000-00000000de30',
  outsideInterface: 'qg-0000de30-01',
  insideInterface: 'qr-0000de30-02',
  prefix: 'praas-demo',
};

const TOOLS: Readonly<Record<StoryBackend, readonly string[]>> = {
  iptables: ['iptables', 'iptables-restore', 'iptables-save'],
  nftables: ['nft'],
};

export interface DemoParts {
  readonly exec: Exec;
  readonly screen: Screen;
  readonly clock: Clock;
  /** Aborted when the demonstration is to end early. */
  readonly signal: AbortSignal;
  /** The command line that runs praas. */
  readonly self: readonly string[];
  /** Made for the demonstration and removed after it; its lock is beside it. */
  readonly directory: string;
  readonly backend: StoryBackend;
}

/** The programs that the demonstration needs on this machine. */
export function demoTools(backend: StoryBackend): readonly string[] {
  return ['ip', 'flock', 'sysctl', 'nsenter', 'curl', 'conntrack', ...TOOLS[backend]];
}

/** The environment in which praas knows only the demonstration: nothing of this machine's own configuration or state. */
export function demoEnvironment(env: NodeJS.ProcessEnv, directory: string, backend: StoryBackend): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([key]) => !key.startsWith('PRAAS_'));
  return {
    ...Object.fromEntries(others),
    PRAAS_CONFIG: join(directory, 'praas.conf'),
    PRAAS_STATE_DIR: join(directory, 'state'),
    PRAAS_LOG_DIR: join(directory, 'log'),
    PRAAS_SOCKET_PATH: join(directory, 'praas.sock'),
    PRAAS_BACKEND: backend,
  };
}

/**
 * Shows it. Resolves to false when the signal ended it early. Throws DEMO_RUNNING, DEMO_FAILED at the first step that is
 * not as told, TOOL_FAILED when the world cannot be built; in every case nothing is left.
 */
export async function runDemo(parts: DemoParts): Promise<boolean> {
  const { exec, screen, clock, signal, directory } = parts;
  const started = clock.now();
  const release = await lockDemo(exec, `${directory}.lock`);
  const world = new World(exec, standardPlan(DEMO_NAMES));
  try {
    await clear(world, directory);
    await perform(parts);
  } catch (error) {
    // ^C reaches the programs that we run as well: they may have failed before the signal was handled here.
    await setImmediate();
    if (!signal.aborted) throw error;
  } finally {
    try {
      await clear(world, directory);
    } finally {
      release();
    }
  }
  const seconds = ((clock.now().getTime() - started.getTime()) / 1000).toFixed(1);
  screen.say(
    `\n${signal.aborted ? 'Interrupted' : 'Done'} after ${seconds} seconds. Nothing is left of it on this machine.`,
  );
  return !signal.aborted;
}

async function perform({ exec, screen, signal, self, directory, backend }: DemoParts): Promise<void> {
  const places = placesOf(DEMO_NAMES);
  /** Starts nothing more once the demonstration is to end. */
  const careful: Exec = async (command) => {
    signal.throwIfAborted();
    return exec(command);
  };
  makeDirectory(directory);
  await new World(careful, standardPlan(DEMO_NAMES)).build();
  const hub = await PeerHub.open(careful, join(directory, 'peers'), self);
  try {
    const web = await hub.start('web', places.web);
    const db = await hub.start('db', places.db);
    const client = await hub.start('client', places.client);
    await web.listen(HTTP);
    await db.listen(SSH);
    await tellStory(new Stage({ exec: careful, screen, self, places, client }), backend);
  } finally {
    await hub.close();
  }
}

function makeDirectory(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'praas.conf'), '');
}

async function clear(world: World, directory: string): Promise<void> {
  await world.remove();
  rmSync(directory, { recursive: true, force: true });
}
