/**
 * Another version in place of this one. The one that is known to work watches the new one begin, and puts everything back
 * when it does not: the files, and the state if the new one has written it in a way that this one cannot read.
 */

import { access, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Exec } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import { backToBefore, type InstallationParts, lookAround, startSteps } from './installation.ts';
import { type Inventory, readInventory } from './inventory.ts';
import type { Service } from './services.ts';
import type { Step } from './step.ts';
import { hashFile } from './tree.ts';

export interface UpgradeOptions {
  /** The new executable. */
  readonly path: string;
  readonly prefix: string;
  readonly state_dir: string;
  readonly starts: boolean;
  /** Whether this version can read the state. */
  readonly canRead: () => Promise<boolean>;
}

const SAYS_VERSION = /^praas\/(?<version>\S+) /;
/** Events are only ever added to, one line each, and any version reads what it knows of them. */
const EVENTS = 'events';
const INSTALL_MS = 120_000;

/** Gives the version of an executable of praas. Throws NOT_A_PRAAS. */
export async function versionOf(exec: Exec, path: string): Promise<string> {
  if (!(await isThere(path))) throw praasError('NOT_A_PRAAS', { path, reason: 'there is no such file' });
  const { exitCode, stdout, stderr } = await exec({ file: path, args: ['--version'] }).catch((error: unknown) => {
    throw praasError('NOT_A_PRAAS', { path, reason: messageOf(error) }, error);
  });
  const version = exitCode === 0 ? SAYS_VERSION.exec(stdout)?.groups?.['version'] : undefined;
  if (version === undefined) {
    const reason = `\`--version\` ended with ${exitCode}: ${(stdout + stderr).trim().slice(0, 200) || 'nothing was said'}`;
    throw praasError('NOT_A_PRAAS', { path, reason });
  }
  return version;
}

/** The steps; none when this very executable is installed already. Throws NOT_INSTALLED, NOT_A_PRAAS. */
export async function planUpgrade(parts: InstallationParts, options: UpgradeOptions): Promise<readonly Step[]> {
  const { tree, places, services, exec } = parts;
  const { path, prefix, starts } = options;
  const before = await lookAround(parts, starts);
  const { inventory } = before;
  if (inventory === undefined) throw praasError('NOT_INSTALLED', { path: places.inventory });
  const version = await versionOf(exec, path);
  if ((await hashFile(path)) === (await tree.hash(places.executable))) return [];
  const running = [...before.states].flatMap(([service, { isActive }]) => (isActive ? [service] : []));
  return [
    {
      title: `check that praas ${version} understands the configuration`,
      async run() {
        const { exitCode, stderr } = await exec({ file: path, args: ['config', 'show'] });
        if (exitCode !== 0) throw praasError('NOT_A_PRAAS', { path, reason: stderr.trim() });
        return { undo: () => backToBefore(services, before) };
      },
    },
    ...(running.length > 0 && before.starts ? [stop(parts, running)] : []),
    keep(parts, inventory, options),
    {
      title: `place the files of praas ${version} instead of ${inventory.version}`,
      async run() {
        const result = await exec({
          file: path,
          args: ['install', '--no-start', '--prefix', prefix],
          timeoutMs: INSTALL_MS,
        });
        if (result.exitCode === 0) return {};
        const command = `${path} install --no-start`;
        throw praasError('TOOL_FAILED', { command, exit_code: result.exitCode, output: result.stderr.trim() });
      },
    },
    ...(before.starts ? startSteps(services, running) : []),
  ];
}

function stop({ services }: InstallationParts, running: readonly Service[]): Step {
  return {
    title: `stop ${running.join(' and ')}; rules and connections stay`,
    async run() {
      await services.stop(running);
      return {};
    },
  };
}

/** Copies of everything, kept until the new version runs. */
function keep({ tree, places }: InstallationParts, inventory: Inventory, options: UpgradeOptions): Step {
  const kept = join(places.library, 'before-upgrade');
  const keptState = join(tree.at(kept), 'state');
  const keptAt = (path: string): string => join(kept, path.slice(1).replaceAll('/', '-'));
  const all = [...Object.keys(inventory.files), places.inventory];
  return {
    title: 'keep a copy of the files and the state',
    async run() {
      await tree.remove(kept);
      await tree.makeDirectory(kept, 0o700);
      for (const path of all) if (await tree.exists(path)) await tree.copy(path, keptAt(path));
      await copyState(options.state_dir, keptState);
      const known = new Set(all);
      for (const path of pathsIn(inventory)) if (await tree.exists(path)) known.add(path);
      return {
        async undo() {
          const placed = await readInventory(tree, places);
          for (const path of all) if (await tree.exists(keptAt(path))) await tree.copy(keptAt(path), path);
          for (const path of pathsIn(placed)) if (!known.has(path)) await tree.remove(path);
          if (!(await options.canRead())) await copyState(keptState, options.state_dir);
          await tree.remove(kept);
        },
        finish: () => tree.remove(kept),
      };
    },
  };
}

/** Everything that an installation may have placed: its files, and new defaults beside settings. */
function pathsIn(inventory: Inventory | undefined): string[] {
  if (inventory === undefined) return [];
  return [...Object.keys(inventory.files), ...Object.keys(inventory.defaults).map((path) => `${path}.new`)];
}

/** Makes `to` what `from` is, but for the events. */
async function copyState(from: string, to: string): Promise<void> {
  if (!(await isThere(from))) return;
  const isState = (path: string): boolean => path !== join(from, EVENTS);
  await rm(join(to, 'routers'), { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, filter: isState });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
