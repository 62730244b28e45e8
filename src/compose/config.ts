/**
 * The configuration of this executable: which sections praas.conf has, and the type of what is read from it. A product
 * that brings keys of its own adds its table here, in one line.
 */
import type { ConfigOf, Sections } from '../core/settings/sections.ts';
import { PAT_KEYS } from '../pat/settings.ts';
import { type ConfigSources, type LoadedConfig as Loaded, load } from '../system/config/config.ts';
import { NODE_KEYS } from './node-keys.ts';

export const SECTIONS = {
  praas: { ...NODE_KEYS, ...PAT_KEYS },
} as const satisfies Sections;

/** The keys of [praas] at the top; each other section is an object by its name. */
export type Config = ConfigOf<typeof SECTIONS>;
export type LoadedConfig = Loaded<typeof SECTIONS>;
export { DEFAULT_PATH, type Setting } from '../system/config/config.ts';

/** Reads praas.conf and the environment. Throws CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID. */
export function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  return load(SECTIONS, sources);
}
