/** The way out: the steps of `uninstall`. Nothing is left that was not there before, and nothing goes that was. */
import { basename } from 'node:path';
import type { Before, InstallationParts } from './installation.ts';
import { backToBefore, lookAround } from './installation.ts';
import type { Inventory } from './inventory.ts';
import { SERVICES } from './places.ts';
import type { Services } from './services.ts';
import type { Step } from './step.ts';
import { besideOf, type Tree } from './tree.ts';

export interface RemovalOptions {
  /** Takes the rules of praas out of all routers, and gives of how many mappings; undefined: they stay. */
  readonly withdraw: (() => Promise<number>) | undefined;
  /** Directories of settings, state and logs that go too; none: they stay. */
  readonly purged: readonly string[];
}

/** The steps; none when there is nothing to take away. Throws as lookAround does. */
export async function planRemoval(
  parts: InstallationParts,
  { withdraw, purged }: RemovalOptions,
): Promise<readonly Step[]> {
  const { tree, places, services } = parts;
  const before = await lookAround(parts, true);
  const { inventory } = before;
  const there = await existing(tree, purged);
  return [
    ...(inventory ? leave(services, before) : []),
    ...(withdraw ? [takeRules(withdraw)] : []),
    ...(inventory ? await takeFiles(tree, [...Object.keys(inventory.files), places.inventory]) : []),
    ...(inventory ? putBack(tree, inventory) : []),
    ...(inventory && before.states.size > 0 ? [reload(services)] : []),
    ...there.map((path) => purge(tree, path)),
    ...(inventory ? [tidy(tree, [...inventory.directories, places.replaced, places.library])] : []),
  ];
}

/** Stops the services first: nobody may put back what goes. */
function leave(services: Services, before: Before): Step[] {
  const runs = before.states.size > 0;
  return [
    {
      title: `stop ${SERVICES.join(' and ')}`,
      async run() {
        if (!runs) return { note: 'systemd does not run here' };
        await services.stop(SERVICES);
        return { undo: () => backToBefore(services, before) };
      },
    },
    {
      title: 'have them started at boot no more',
      async run() {
        await services.disable(SERVICES);
        return { undo: () => services.enable(SERVICES) };
      },
    },
  ];
}

function takeRules(withdraw: () => Promise<number>): Step {
  return {
    title: 'take the rules of all mappings out of the routers',
    async run() {
      return { note: `mappings withdrawn: ${await withdraw()}` };
    },
  };
}

async function takeFiles(tree: Tree, paths: readonly string[]): Promise<Step[]> {
  const there = await existing(tree, paths);
  return there.map((path) => {
    const aside = besideOf(path, 'old');
    return {
      title: `remove ${path}`,
      async run() {
        await tree.move(path, aside);
        return { undo: () => tree.move(aside, path), finish: () => tree.remove(aside) };
      },
    };
  });
}

/** Files of others that stood where ours were. */
function putBack(tree: Tree, { replaced }: Inventory): Step[] {
  return Object.entries(replaced).map(([path, keptAt]) => ({
    title: `put back ${path}, which was there before`,
    async run() {
      await tree.copy(keptAt, path);
      return { undo: () => tree.remove(path), finish: () => tree.remove(keptAt) };
    },
  }));
}

function reload(services: Services): Step {
  return {
    title: 'tell systemd that they are gone',
    async run() {
      await services.reload();
      await services.forget(SERVICES);
      return {};
    },
  };
}

/** A directory that somebody has praas share with others is not ours to remove. */
function purge(tree: Tree, path: string): Step {
  const isOurs = basename(path).includes('praas');
  if (!isOurs) {
    return {
      title: `leave ${path}, whose name does not say that it is praas' alone`,
      run: async () => ({ note: 'remove by hand what is not needed' }),
    };
  }
  return {
    title: `remove ${path} with all that is in it`,
    // Last of all: it cannot be undone.
    run: async () => ({ finish: () => tree.remove(path) }),
  };
}

function tidy(tree: Tree, directories: readonly string[]): Step {
  return {
    title: 'remove the directories that were made for it and are empty',
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
