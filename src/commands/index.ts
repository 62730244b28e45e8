/** All command classes at once, for oclif's own loader (npm and the manifest); the executable loads them one by one. */
import type { Command } from '@oclif/core';
import { LOADERS } from './table.ts';

const loaded = await Promise.all(Object.entries(LOADERS).map(async ([id, load]) => [id, await load()] as const));

export const COMMANDS: Readonly<Record<string, Command.Class>> = Object.fromEntries(loaded);
