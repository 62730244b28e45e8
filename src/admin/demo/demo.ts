/**
 * One demonstration from beginning to end: locks, removes what a killed one has left, builds the world, runs the scenario, and
 * removes everything, also when the scenario fails or is interrupted.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Exec } from '../../system/exec.ts';
import type { DemoOutput } from './demo-output.ts';
import { DemoShell } from './demo-shell.ts';
import { lockDemo } from './lock.ts';
import { PeerHub } from './peer-hub.ts';
import { namespacesOf, standardPlan, type WorldNames } from './plan.ts';
import { type DemoBackend, HTTP, runScenario, SSH } from './scenario.ts';
import { World } from './world.ts';

/** Fixed, so that the next demonstration finds what a killed one has left. */
export const DEMO_NAMES: WorldNames = {
  router: 'qrouter-00000000-0000-4000-8000-00000000de30',
  outsideInterface: 'qg-0000de30-01',
  insideInterface: 'qr-0000de30-02',
  prefix: 'praas-demo',
};

const TOOLS: Readonly<Record<DemoBackend, readonly string[]>> = {
  iptables: ['iptables', 'iptables-restore', 'iptables-save'],
  nftables: ['nft'],
};

interface DemoParts {
  readonly exec: Exec;
  readonly output: DemoOutput;
  readonly clock: Clock;
  /** Aborted when the user interrupts the demonstration. */
  readonly abortSignal: AbortSignal;
  /** The command line that runs praas. */
  readonly praasCommand: readonly string[];
  /** Created for the demonstration and removed after it; its lock file is beside it. */
  readonly directory: string;
  readonly backend: DemoBackend;
}

/** The programs that the demonstration needs on this machine. */
export function demoTools(backend: DemoBackend): readonly string[] {
  return ['ip', 'flock', 'sysctl', 'nsenter', 'curl', 'conntrack', ...TOOLS[backend]];
}

/** The environment in which praas uses only the demonstration, and not the configuration or the state of this machine. */
export function demoEnvironment(env: NodeJS.ProcessEnv, directory: string, backend: DemoBackend): NodeJS.ProcessEnv {
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
 * Runs the demonstration. Resolves to false when it was interrupted. Throws DEMO_RUNNING, DEMO_FAILED at the first result that is
 * not the expected one, TOOL_FAILED when the world cannot be built. Everything that it has created is removed in each case.
 */
export async function runDemo(parts: DemoParts): Promise<boolean> {
  const { exec, output, clock, abortSignal, directory } = parts;
  const startedAt = clock.now();
  const release = await lockDemo(exec, `${directory}.lock`);
  const world = new World(exec, standardPlan(DEMO_NAMES));
  try {
    await removeAll(world, directory);
    await run(parts);
  } catch (error) {
    // ^C reaches the programs that it runs as well: they may have failed before the signal is handled here.
    await setImmediate();
    if (!abortSignal.aborted) throw error;
  } finally {
    try {
      await removeAll(world, directory);
    } finally {
      release();
    }
  }
  const seconds = ((clock.now().getTime() - startedAt.getTime()) / 1000).toFixed(1);
  const outcome = abortSignal.aborted ? 'Interrupted' : 'Completed';
  output.text(`\n${outcome} after ${seconds} seconds. Everything that the demonstration created was removed.`);
  return !abortSignal.aborted;
}

async function run({ exec, output, abortSignal, praasCommand, directory, backend }: DemoParts): Promise<void> {
  const namespaces = namespacesOf(DEMO_NAMES);
  /** Starts no further program once the demonstration is interrupted. */
  const interruptibleExec: Exec = async (command) => {
    abortSignal.throwIfAborted();
    return exec(command);
  };
  createDirectory(directory);
  await new World(interruptibleExec, standardPlan(DEMO_NAMES)).build();
  const hub = await PeerHub.open(interruptibleExec, join(directory, 'peers'), praasCommand);
  try {
    const web = await hub.start('web', namespaces.web);
    const db = await hub.start('db', namespaces.db);
    const client = await hub.start('client', namespaces.client);
    await web.listen(HTTP);
    await db.listen(SSH);
    const shell = new DemoShell({ exec: interruptibleExec, output, praasCommand, namespaces, client });
    await runScenario(shell, backend);
  } finally {
    await hub.close();
  }
}

function createDirectory(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'praas.conf'), '');
}

async function removeAll(world: World, directory: string): Promise<void> {
  await world.remove();
  rmSync(directory, { recursive: true, force: true });
}
