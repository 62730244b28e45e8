/** The list of the files that an installation has placed. A file that is not on it belongs to others and is not touched. */
import { z } from 'zod';
import { praasError } from '../errors.ts';
import type { InstallPaths } from './paths.ts';
import type { Tree } from './tree.ts';

const Inventory = z.object({
  format: z.literal(1),
  /** The version of praas that is installed. */
  version: z.string(),
  /** SHA-256 of each file, by its path. */
  files: z.record(z.string(), z.string()),
  /** SHA-256 of the default of a settings file, by the path of the settings file. */
  defaults: z.record(z.string(), z.string()),
  /** Directories that were created, the outermost first. */
  directories: z.array(z.string()),
  /** Where the file is kept that others had installed at this path. */
  replaced: z.record(z.string(), z.string()),
});

export type Inventory = Readonly<z.infer<typeof Inventory>>;

/** Reads the list of an installation; undefined where there is none. Throws INVENTORY_DAMAGED. */
export async function readInventory(tree: Tree, { inventory: path }: InstallPaths): Promise<Inventory | undefined> {
  const text = await tree.read(path);
  if (text === undefined) return undefined;
  try {
    return Inventory.parse(JSON.parse(text));
  } catch (error) {
    throw praasError('INVENTORY_DAMAGED', { path: tree.at(path) }, error);
  }
}

/** The text of the file. */
export function renderInventory(inventory: Inventory): string {
  return `${JSON.stringify(inventory, undefined, 2)}\n`;
}
