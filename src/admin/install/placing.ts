/** From the files that should be there and those that are, to the steps that put them there. */
import { dirname, join } from 'node:path';
import { type Inventory, renderInventory } from './inventory.ts';
import type { Places } from './places.ts';
import type { Done, Step } from './step.ts';
import { besideOf, type Content, hashFile, hashText, type Tree } from './tree.ts';

export interface WantedFile {
  readonly path: string;
  readonly content: Content;
  readonly mode: number;
}

export interface WantedDirectory {
  readonly path: string;
  readonly mode: number;
  /**
   * For one that services fill. When its making is undone, it goes with all that is in it, unless this is true: it then
   * has what somebody would miss.
   */
  readonly isMissed?: () => Promise<boolean>;
}

/** What is to be there when all is done. */
export interface Wanted {
  readonly version: string;
  readonly files: readonly WantedFile[];
  /** Files of the operator's: made when missing, never overwritten. */
  readonly settings: readonly WantedFile[];
  readonly directories: readonly WantedDirectory[];
  /** Where nothing may be, because it would hide ours: what is there is kept elsewhere. */
  readonly empty: readonly string[];
}

export interface Placing {
  readonly steps: readonly Step[];
  /** Paths of files that will be other than they are. */
  readonly changed: readonly string[];
}

/** Compares what is wanted with what is there. The list of it all is written before anything else: a cut short placing can be taken away. */
export async function planPlacing(tree: Tree, places: Places, wanted: Wanted, before?: Inventory): Promise<Placing> {
  const files = await Promise.all(wanted.files.map((file) => compare(tree, places, file, before)));
  const differing = files.filter(({ isRight }) => !isRight);
  const settings = await Promise.all(wanted.settings.map((file) => settle(tree, file, before)));
  const directories = await missingDirectories(tree, places, wanted);
  const hiding = await hidden(tree, wanted.empty, places);
  const inventory: Inventory = {
    format: 1,
    version: wanted.version,
    files: Object.fromEntries(files.map(({ file, hash }) => [file.path, hash])),
    defaults: Object.fromEntries(
      await Promise.all(wanted.settings.map(async (f) => [f.path, await hashOf(f.content)])),
    ),
    directories: [...new Set([...(before?.directories ?? []), ...directories.map(({ path }) => path)])],
    replaced: {
      ...before?.replaced,
      ...Object.fromEntries(hiding),
      ...Object.fromEntries(differing.flatMap(({ file, keptAt }) => (keptAt ? [[file.path, keptAt]] : []))),
    },
  };
  const gone = Object.keys(before?.files ?? {}).filter((path) => !(path in inventory.files));
  const isListed = before !== undefined && renderInventory(before) === renderInventory(inventory);
  return {
    steps: [
      ...(directories.length > 0 ? [makeDirectories(tree, directories)] : []),
      ...(isListed ? [] : [list(tree, places, inventory)]),
      ...hiding.map(([path, keptAt]) => clear(tree, path, keptAt)),
      ...differing.map((difference) => place(tree, difference)),
      ...settings.flatMap((step) => step ?? []),
      ...gone.map((path) => retire(tree, path)),
    ],
    changed: [...hiding.map(([path]) => path), ...differing.map(({ file }) => file.path), ...gone],
  };
}

interface Difference {
  readonly file: WantedFile;
  readonly hash: string;
  readonly isRight: boolean;
  readonly isThere: boolean;
  /** Where the file of somebody else is kept that stands there. */
  readonly keptAt: string | undefined;
}

async function compare(tree: Tree, places: Places, file: WantedFile, before?: Inventory): Promise<Difference> {
  const [hash, found, mode] = await Promise.all([hashOf(file.content), tree.hash(file.path), tree.mode(file.path)]);
  const isThere = found !== undefined;
  const isOurs = before !== undefined && file.path in before.files;
  const isForeign = isThere && found !== hash && !isOurs;
  return {
    file,
    hash,
    isRight: found === hash && mode === file.mode,
    isThere,
    keptAt: isForeign ? keptAt(places, file.path) : undefined,
  };
}

function keptAt({ replaced }: Places, path: string): string {
  return join(replaced, path.slice(1).replaceAll('/', '-'));
}

/** What stands where nothing may be, and where it goes. */
async function hidden(tree: Tree, paths: readonly string[], places: Places): Promise<[string, string][]> {
  const found = await Promise.all(paths.map(async (path) => ((await tree.exists(path)) ? [path] : [])));
  return found.flat().map((path) => [path, keptAt(places, path)]);
}

function clear(tree: Tree, path: string, keptAt: string): Step {
  return {
    title: `move ${path} away, which would hide ours, to ${keptAt}`,
    async run() {
      await tree.makeDirectory(dirname(keptAt), 0o755);
      await tree.move(path, keptAt);
      return { undo: () => tree.move(keptAt, path) };
    },
  };
}

async function missingDirectories(tree: Tree, places: Places, wanted: Wanted): Promise<WantedDirectory[]> {
  const holding = [places.inventory, ...[...wanted.files, ...wanted.settings].map(({ path }) => path)];
  const all = [...wanted.directories, ...holding.map((path) => ({ path: dirname(path), mode: 0o755 }))];
  const missing = new Map<string, WantedDirectory>();
  for (const directory of all) {
    const above: WantedDirectory[] = [];
    for (let path = directory.path; !(await tree.exists(path)); path = dirname(path)) {
      above.unshift(path === directory.path ? directory : { path, mode: 0o755 });
    }
    for (const each of above) if (!missing.has(each.path)) missing.set(each.path, each);
  }
  return [...missing.values()];
}

function makeDirectories(tree: Tree, directories: readonly WantedDirectory[]): Step {
  const removeAll = async (): Promise<void> => {
    for (const { path, isMissed } of directories.toReversed()) {
      if (isMissed !== undefined && !(await isMissed())) await tree.remove(path);
      else await tree.removeIfEmpty(path);
    }
  };
  return {
    title: `make the directories ${directories.map(({ path }) => path).join(', ')}`,
    async run() {
      try {
        for (const { path, mode } of directories) await tree.makeDirectory(path, mode);
      } catch (error) {
        await removeAll();
        throw error;
      }
      return { undo: removeAll };
    },
  };
}

function list(tree: Tree, places: Places, inventory: Inventory): Step {
  const content = { text: renderInventory(inventory) };
  return {
    title: `list what is placed in ${places.inventory}`,
    run: () => put(tree, places.inventory, content, 0o644),
  };
}

function place(tree: Tree, { file, isThere, keptAt }: Difference): Step {
  const { path, content, mode } = file;
  const keeping = keptAt === undefined ? '' : `, and keep what was there as ${keptAt}`;
  return {
    title: `${isThere ? 'replace' : 'place'} ${path}${keeping}`,
    async run() {
      if (keptAt === undefined) return put(tree, path, content, mode);
      const made = await tree.makeDirectory(dirname(keptAt), 0o755);
      await tree.copy(path, keptAt);
      const { undo, finish } = await put(tree, path, content, mode);
      return {
        async undo() {
          await undo?.();
          await tree.remove(keptAt);
          for (const directory of made.toReversed()) await tree.removeIfEmpty(directory);
        },
        ...(finish && { finish }),
      };
    },
  };
}

/** A file that this version does not have any more. */
function retire(tree: Tree, path: string): Step {
  const aside = besideOf(path, 'old');
  return {
    title: `remove ${path}, which this version does not need`,
    async run() {
      if (!(await tree.exists(path))) return { note: 'it is gone already' };
      await tree.move(path, aside);
      return { undo: () => tree.move(aside, path), finish: () => tree.remove(aside) };
    },
  };
}

/** The step that makes a settings file, or puts a default that is new beside it. */
async function settle(tree: Tree, file: WantedFile, before?: Inventory): Promise<Step | undefined> {
  const { path, content, mode } = file;
  const [offered, found] = await Promise.all([hashOf(content), tree.hash(path)]);
  if (found === undefined) return { title: `place ${path}`, run: () => put(tree, path, content, mode) };
  if (found === offered || before?.defaults[path] === offered) return undefined;
  const beside = `${path}.new`;
  return {
    title: `keep ${path} as it is, and place the default of this version as ${beside}`,
    run: () => put(tree, beside, content, mode),
  };
}

/** Writes a file; until the end what was there is kept beside it. */
async function put(tree: Tree, path: string, content: Content, mode: number): Promise<Done> {
  const aside = besideOf(path, 'old');
  const isThere = await tree.exists(path);
  if (!isThere) {
    await tree.write(path, content, mode);
    return { undo: () => tree.remove(path) };
  }
  await tree.copy(path, aside);
  try {
    await tree.write(path, content, mode);
  } catch (error) {
    await tree.remove(aside);
    throw error;
  }
  return { undo: () => tree.move(aside, path), finish: () => tree.remove(aside) };
}

async function hashOf(content: Content): Promise<string> {
  return 'text' in content ? hashText(content.text) : hashFile(content.copyOf);
}
