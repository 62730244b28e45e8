/** The warning about an old name of a key. */
import type { RenamedKey } from '../../core/settings/sections.ts';

export function renamedText({ where, oldName, newName }: RenamedKey): string {
  return `${where}: ${oldName} is the old name of ${newName}. Use ${newName} instead.`;
}
