/** From the files that should exist and those that do, to the steps that install them. */
import { dirname, join } from 'node:path';
import { type Inventory, renderInventory } from './inventory.ts';
import type { InstallPaths } from './paths.ts';
import type { Step, StepResult } from './step.ts';
import { type Content, hashFile, hashText, siblingPath, type Tree } from './tree.ts';

export interface DesiredFile {
  readonly path: string;
  readonly content: Content;
  readonly mode: number;
}

interface DesiredDirectory {
  readonly path: string;
  readonly mode: number;
  /**
   * For a directory that services fill. When its creation is undone, it is removed with its contents, unless this gives true:
   * then it contains what cannot be created again.
   */
  readonly isWorthKeeping?: () => Promise<boolean>;
}

/** What the installed system consists of. */
export interface DesiredFiles {
  readonly version: string;
  readonly files: readonly DesiredFile[];
  /** Files of the operator: created when missing, never overwritten. */
  readonly settings: readonly DesiredFile[];
  readonly directories: readonly DesiredDirectory[];
  /** Paths at which no file may be, because it would override ours: a file there is moved away. */
  readonly absent: readonly string[];
}

interface FilePlan {
  readonly steps: readonly Step[];
  /** Paths of files that the steps change. */
  readonly changed: readonly string[];
}

/**
 * Compares what should exist with what does. The first file that is written is the inventory: an installation that was cut short
 * can be removed.
 */
export async function planFiles(
  tree: Tree,
  paths: InstallPaths,
  desired: DesiredFiles,
  before?: Inventory,
): Promise<FilePlan> {
  const files = await Promise.all(desired.files.map((file) => compare(tree, paths, file, before)));
  const outdated = files.filter(({ isCurrent }) => !isCurrent);
  const settings = await Promise.all(desired.settings.map((file) => settingsStep(tree, file, before)));
  const directories = await missingDirectories(tree, paths, desired);
  const overriding = await overridingFiles(tree, desired.absent, paths);
  const inventory: Inventory = {
    format: 1,
    version: desired.version,
    files: Object.fromEntries(files.map(({ file, hash }) => [file.path, hash])),
    defaults: Object.fromEntries(
      await Promise.all(desired.settings.map(async ({ path, content }) => [path, await hashOf(content)])),
    ),
    directories: [...new Set([...(before?.directories ?? []), ...directories.map(({ path }) => path)])],
    replaced: {
      ...before?.replaced,
      ...Object.fromEntries(overriding),
      ...Object.fromEntries(outdated.flatMap(({ file, backup }) => (backup ? [[file.path, backup]] : []))),
    },
  };
  const obsolete = Object.keys(before?.files ?? {}).filter((path) => !(path in inventory.files));
  const isListed = before !== undefined && renderInventory(before) === renderInventory(inventory);
  return {
    steps: [
      ...(directories.length > 0 ? [createDirectories(tree, directories)] : []),
      ...(isListed ? [] : [writeInventory(tree, paths, inventory)]),
      ...overriding.map(([path, backup]) => moveAway(tree, path, backup)),
      ...outdated.map((each) => installFile(tree, each)),
      ...settings.flatMap((step) => step ?? []),
      ...obsolete.map((path) => removeObsolete(tree, path)),
    ],
    changed: [...overriding.map(([path]) => path), ...outdated.map(({ file }) => file.path), ...obsolete],
  };
}

interface ComparedFile {
  readonly file: DesiredFile;
  readonly hash: string;
  readonly isCurrent: boolean;
  readonly exists: boolean;
  /** Where the file is kept that others have installed there. */
  readonly backup: string | undefined;
}

async function compare(tree: Tree, paths: InstallPaths, file: DesiredFile, before?: Inventory): Promise<ComparedFile> {
  const [hash, existing, mode] = await Promise.all([hashOf(file.content), tree.hash(file.path), tree.mode(file.path)]);
  const exists = existing !== undefined;
  const isOurs = before !== undefined && file.path in before.files;
  const isForeign = exists && existing !== hash && !isOurs;
  return {
    file,
    hash,
    isCurrent: existing === hash && mode === file.mode,
    exists,
    backup: isForeign ? backupPath(paths, file.path) : undefined,
  };
}

function backupPath({ replaced }: InstallPaths, path: string): string {
  return join(replaced, path.slice(1).replaceAll('/', '-'));
}

/** Files at these paths, each with the path to which it is moved. */
async function overridingFiles(
  tree: Tree,
  absent: readonly string[],
  paths: InstallPaths,
): Promise<[string, string][]> {
  const found = await Promise.all(absent.map(async (path) => ((await tree.exists(path)) ? [path] : [])));
  return found.flat().map((path) => [path, backupPath(paths, path)]);
}

function moveAway(tree: Tree, path: string, backup: string): Step {
  return {
    title: `move ${path}, which would override the unit of the package, to ${backup}`,
    async run() {
      await tree.makeDirectory(dirname(backup), 0o755);
      await tree.move(path, backup);
      return { undo: () => tree.move(backup, path) };
    },
  };
}

async function missingDirectories(tree: Tree, paths: InstallPaths, desired: DesiredFiles): Promise<DesiredDirectory[]> {
  const files = [paths.inventory, ...[...desired.files, ...desired.settings].map(({ path }) => path)];
  const all = [...desired.directories, ...files.map((path) => ({ path: dirname(path), mode: 0o755 }))];
  const missing = new Map<string, DesiredDirectory>();
  for (const directory of all) {
    const above: DesiredDirectory[] = [];
    for (let path = directory.path; !(await tree.exists(path)); path = dirname(path)) {
      above.unshift(path === directory.path ? directory : { path, mode: 0o755 });
    }
    for (const each of above) if (!missing.has(each.path)) missing.set(each.path, each);
  }
  return [...missing.values()];
}

function createDirectories(tree: Tree, directories: readonly DesiredDirectory[]): Step {
  const removeAll = async (): Promise<void> => {
    for (const { path, isWorthKeeping } of directories.toReversed()) {
      if (isWorthKeeping !== undefined && !(await isWorthKeeping())) await tree.remove(path);
      else await tree.removeIfEmpty(path);
    }
  };
  return {
    title: `create the directories ${directories.map(({ path }) => path).join(', ')}`,
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

function writeInventory(tree: Tree, paths: InstallPaths, inventory: Inventory): Step {
  const content = { text: renderInventory(inventory) };
  return {
    title: `write the list of installed files to ${paths.inventory}`,
    run: () => replaceFile(tree, paths.inventory, content, 0o644),
  };
}

function installFile(tree: Tree, { file, exists, backup }: ComparedFile): Step {
  const { path, content, mode } = file;
  return {
    title: `${exists ? 'replace' : 'install'} ${path}${backup === undefined ? '' : ` and keep the existing file as ${backup}`}`,
    async run() {
      if (backup === undefined) return replaceFile(tree, path, content, mode);
      const created = await tree.makeDirectory(dirname(backup), 0o755);
      await tree.copy(path, backup);
      const { undo, finish } = await replaceFile(tree, path, content, mode);
      return {
        async undo() {
          await undo?.();
          await tree.remove(backup);
          for (const directory of created.toReversed()) await tree.removeIfEmpty(directory);
        },
        ...(finish && { finish }),
      };
    },
  };
}

/** For a file that this version does not have any more. */
function removeObsolete(tree: Tree, path: string): Step {
  const aside = siblingPath(path, 'old');
  return {
    title: `remove ${path}, which is not part of this version`,
    async run() {
      if (!(await tree.exists(path))) return { note: 'already removed' };
      await tree.move(path, aside);
      return { undo: () => tree.move(aside, path), finish: () => tree.remove(aside) };
    },
  };
}

/** Creates a settings file, or writes a new default beside it; undefined when neither is needed. */
async function settingsStep(tree: Tree, file: DesiredFile, before?: Inventory): Promise<Step | undefined> {
  const { path, content, mode } = file;
  const [current, existing] = await Promise.all([hashOf(content), tree.hash(path)]);
  if (existing === undefined) {
    return { title: `install ${path}`, run: () => replaceFile(tree, path, content, mode) };
  }
  if (existing === current || before?.defaults[path] === current) return undefined;
  const beside = `${path}.new`;
  return {
    title: `keep ${path} and install the default of this version as ${beside}`,
    run: () => replaceFile(tree, beside, content, mode),
  };
}

/** Writes a file; the one that was there is kept beside it until all steps have run. */
async function replaceFile(tree: Tree, path: string, content: Content, mode: number): Promise<StepResult> {
  const aside = siblingPath(path, 'old');
  if (!(await tree.exists(path))) {
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
