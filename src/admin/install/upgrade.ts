/**
 * Replaces the installed version by another one. This version, which is known to work, starts the new one, and restores
 * everything when that does not become ready: the files, and the state if the new version has written it in a format that this
 * one cannot read.
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Exec } from '../../system/exec.ts';
import { pathExists } from '../../system/path-exists.ts';
import { toolFailed } from '../../system/tool-errors.ts';
import { praasError } from '../errors.ts';
import { type InstallationParts, inspectSystem, restoringServices, startSteps } from './installation.ts';
import { type Inventory, readInventory } from './inventory.ts';
import type { ServiceName } from './paths.ts';
import type { Step } from './step.ts';
import { hashFile } from './tree.ts';

interface UpgradeOptions {
  /** The new executable. */
  readonly path: string;
  readonly prefix: string;
  readonly stateDirectory: string;
  readonly isStartRequested: boolean;
  /** Whether this version can read the state. */
  readonly canReadState: () => Promise<boolean>;
}

const VERSION_OUTPUT = /^praas\/(?<version>\S+) /;
/** Not restored: lines are only appended to it, and each version reads the events that it knows. */
const EVENTS = 'events';
const INSTALL_MS = 120_000;
const MAX_OUTPUT = 200;

/** Gives the version of an executable of praas. Throws NOT_A_PRAAS. */
async function versionOf(exec: Exec, path: string): Promise<string> {
  if (!(await pathExists(path))) throw praasError('NOT_A_PRAAS', { path, reason: 'no such file' });
  const { exitCode, stdout, stderr } = await exec({ file: path, args: ['--version'] }).catch((error: unknown) => {
    throw praasError('NOT_A_PRAAS', { path, reason: messageOf(error) }, error);
  });
  const version = exitCode === 0 ? VERSION_OUTPUT.exec(stdout)?.groups?.['version'] : undefined;
  if (version === undefined) {
    const output = (stdout + stderr).trim().slice(0, MAX_OUTPUT) || 'no output';
    throw praasError('NOT_A_PRAAS', { path, reason: `\`--version\` failed with exit code ${exitCode}: ${output}` });
  }
  return version;
}

/** The steps; none when this very executable is installed already. Throws NOT_INSTALLED, NOT_A_PRAAS, as inspectSystem. */
export async function planUpgrade(parts: InstallationParts, options: UpgradeOptions): Promise<readonly Step[]> {
  const { tree, paths, systemd, exec } = parts;
  const { path, prefix, isStartRequested } = options;
  const before = await inspectSystem(parts, isStartRequested);
  const { inventory } = before;
  if (inventory === undefined) throw praasError('NOT_INSTALLED', { path: paths.inventory });
  const version = await versionOf(exec, path);
  if ((await hashFile(path)) === (await tree.hash(paths.executable))) return [];
  const running = [...before.states].flatMap(([service, { isActive }]) => (isActive ? [service] : []));
  return [
    {
      title: `check that praas ${version} accepts the configuration`,
      async run() {
        const { exitCode, stderr } = await exec({ file: path, args: ['config', 'show'] });
        if (exitCode !== 0)
          throw praasError('CONFIG_REJECTED', { version, reason: stderr.trim().replace(/^Error: /, '') });
        return restoringServices(systemd, before);
      },
    },
    ...(running.length > 0 && before.canStart ? [stop(parts, running)] : []),
    backUp(parts, inventory, options),
    {
      title: `replace the files of praas ${inventory.version} with those of ${version}`,
      async run() {
        const args = ['install', '--no-start', '--prefix', prefix];
        const result = await exec({ file: path, args, timeoutMs: INSTALL_MS });
        if (result.exitCode === 0) return {};
        throw toolFailed({ file: path, args: ['install', '--no-start'] }, result);
      },
    },
    ...(before.canStart ? startSteps(systemd, running) : []),
  ];
}

function stop({ systemd }: InstallationParts, running: readonly ServiceName[]): Step {
  return {
    title: `stop ${running.join(' and ')} (rules and connections stay)`,
    async run() {
      await systemd.stop(running);
      return {};
    },
  };
}

/** Copies the files and the state; the copies are removed once the new version runs. */
function backUp({ tree, paths }: InstallationParts, inventory: Inventory, options: UpgradeOptions): Step {
  const backup = join(paths.library, 'before-upgrade');
  const stateBackup = join(tree.at(backup), 'state');
  const backupOf = (path: string): string => join(backup, path.slice(1).replaceAll('/', '-'));
  const all = [...Object.keys(inventory.files), paths.inventory];
  return {
    title: 'back up the files and the state',
    async run() {
      await tree.remove(backup);
      await tree.makeDirectory(backup, 0o700);
      for (const path of all) if (await tree.exists(path)) await tree.copy(path, backupOf(path));
      await copyState(options.stateDirectory, stateBackup);
      const existedBefore = new Set(all);
      for (const path of pathsIn(inventory)) if (await tree.exists(path)) existedBefore.add(path);
      return {
        async undo() {
          const installed = await readInventory(tree, paths);
          for (const path of all) if (await tree.exists(backupOf(path))) await tree.copy(backupOf(path), path);
          for (const path of pathsIn(installed)) if (!existedBefore.has(path)) await tree.remove(path);
          if (!(await options.canReadState())) await copyState(stateBackup, options.stateDirectory);
          await tree.remove(backup);
        },
        finish: () => tree.remove(backup),
      };
    },
  };
}

/** Everything that an installation may have placed: its files, and new defaults beside settings. */
function pathsIn(inventory: Inventory | undefined): string[] {
  if (inventory === undefined) return [];
  return [...Object.keys(inventory.files), ...Object.keys(inventory.defaults).map((path) => `${path}.new`)];
}

/** Makes `to` a copy of `from`, except for the events. */
async function copyState(from: string, to: string): Promise<void> {
  if (!(await pathExists(from))) return;
  const isState = (path: string): boolean => path !== join(from, EVENTS);
  await rm(join(to, 'routers'), { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, filter: isState });
}
