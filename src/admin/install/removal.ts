/** The steps of `uninstall`: what the installation has created is removed, and what existed before is kept or restored. */
import { basename } from 'node:path';
import { counted } from '../../core/values/counted.ts';
import { type CurrentState, type InstallationParts, inspectSystem, restoringServices } from './installation.ts';
import type { Inventory } from './inventory.ts';
import { SERVICES } from './paths.ts';
import type { Step } from './step.ts';
import type { Systemd } from './systemd.ts';
import { siblingPath, type Tree } from './tree.ts';

interface RemovalOptions {
  /** Removes the rules of praas from all routers, and gives of how many mappings; undefined: the rules stay. */
  readonly removeRules: (() => Promise<number>) | undefined;
  /** Directories of settings, state and logs that are removed too. */
  readonly purged: readonly string[];
}

/** The steps; none when there is nothing to remove. Throws as inspectSystem does. */
export async function planRemoval(
  parts: InstallationParts,
  { removeRules, purged }: RemovalOptions,
): Promise<readonly Step[]> {
  const { tree, paths, systemd } = parts;
  const before = await inspectSystem(parts, true);
  const { inventory } = before;
  const existingPurged = await existing(tree, purged);
  return [
    ...(inventory ? stopServices(systemd, before) : []),
    ...(removeRules ? [removeAllRules(removeRules)] : []),
    ...(inventory ? await removeFiles(tree, [...Object.keys(inventory.files), paths.inventory]) : []),
    ...(inventory ? restoreReplaced(tree, inventory) : []),
    ...(inventory && before.states.size > 0 ? [reloadUnits(systemd)] : []),
    ...existingPurged.map((path) => purge(tree, path)),
    ...(inventory ? [removeEmptyDirectories(tree, [...inventory.directories, paths.replaced, paths.library])] : []),
  ];
}

/** First, because a running service would restore the rules that the next step removes. */
function stopServices(systemd: Systemd, before: CurrentState): Step[] {
  const isRunning = before.states.size > 0;
  return [
    {
      title: `stop ${SERVICES.join(' and ')}`,
      async run() {
        if (!isRunning) return { note: 'systemd is not running' };
        await systemd.stop(SERVICES);
        return restoringServices(systemd, before);
      },
    },
    {
      title: `disable ${SERVICES.join(' and ')} at boot`,
      async run() {
        await systemd.disable(SERVICES);
        return { undo: () => systemd.enable(SERVICES) };
      },
    },
  ];
}

function removeAllRules(removeRules: () => Promise<number>): Step {
  return {
    title: 'remove the rules of all mappings from the routers',
    async run() {
      const mappings = await removeRules();
      return { note: counted(mappings, 'mapping') };
    },
  };
}

async function removeFiles(tree: Tree, paths: readonly string[]): Promise<Step[]> {
  return (await existing(tree, paths)).map((path) => {
    const aside = siblingPath(path, 'old');
    return {
      title: `remove ${path}`,
      async run() {
        await tree.move(path, aside);
        return { undo: () => tree.move(aside, path), finish: () => tree.remove(aside) };
      },
    };
  });
}

/** Restores the files of others that the installation has replaced. */
function restoreReplaced(tree: Tree, { replaced }: Inventory): Step[] {
  return Object.entries(replaced).map(([path, backup]) => ({
    title: `restore ${path} as it was before the installation`,
    async run() {
      await tree.copy(backup, path);
      return { undo: () => tree.remove(path), finish: () => tree.remove(backup) };
    },
  }));
}

function reloadUnits(systemd: Systemd): Step {
  return {
    title: 'reload the systemd units',
    async run() {
      await systemd.daemonReload();
      await systemd.resetFailed(SERVICES);
      return {};
    },
  };
}

/** A directory that praas may share with others is not removed. */
function purge(tree: Tree, path: string): Step {
  const isOurs = basename(path).includes('praas');
  if (!isOurs) {
    return {
      title: `keep ${path}`,
      run: async () => ({
        note: 'its name does not contain praas, so other programs may use it; remove it by hand if none does',
      }),
    };
  }
  return {
    title: `remove ${path} and its contents`,
    // After all other steps: it cannot be undone.
    run: async () => ({ finish: () => tree.remove(path) }),
  };
}

function removeEmptyDirectories(tree: Tree, directories: readonly string[]): Step {
  return {
    title: 'remove empty directories of the installation',
    run: async () => ({
      async finish() {
        for (const path of [...new Set(directories)].toSorted().toReversed()) await tree.removeIfEmpty(path);
      },
    }),
  };
}

async function existing(tree: Tree, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await tree.exists(path)) ? [path] : [])));
  return found.flat();
}
