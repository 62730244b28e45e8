/** The list of what an installation has placed: what is not on it is somebody else's, and stays. */
import { z } from 'zod';
import { praasError } from '../errors.ts';
import type { Places } from './places.ts';
import type { Tree } from './tree.ts';

const Inventory = z.object({
  format: z.literal(1),
  /** The praas that was installed. */
  version: z.string(),
  /** SHA-256 of each file, by its path. */
  files: z.record(z.string(), z.string()),
  /** SHA-256 of the default that a settings file was offered, by the path of the settings file. */
  defaults: z.record(z.string(), z.string()),
  /** Directories that were not there before, the outermost first. */
  directories: z.array(z.string()),
  /** Where a file of somebody else is kept that stood at this path. */
  replaced: z.record(z.string(), z.string()),
});

export type Inventory = Readonly<z.infer<typeof Inventory>>;

/** The list of nothing. */
export function emptyInventory(version: string): Inventory {
  return { format: 1, version, files: {}, defaults: {}, directories: [], replaced: {} };
}

/** Reads the list of an installation; undefined where there is none. Throws INVENTORY_DAMAGED. */
export async function readInventory(tree: Tree, { inventory: path }: Places): Promise<Inventory | undefined> {
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
