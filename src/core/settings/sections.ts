/**
 * How a product declares its keys of praas.conf: one table for each section. The loader, `praas config show`, the sample
 * file, the pages and the error texts all come from these tables, in their order. Nothing here knows a product or a key.
 */
import type { Kind } from './kinds.ts';

export interface Key<T> {
  readonly kind: Kind<T>;
  /** The default, as text. */
  readonly fallback: string;
  /** One line for people, without a full stop. */
  readonly description: string;
  /** True where a reload applies a change; anything else waits for a restart. */
  readonly isReloadable: boolean;
  /** The name that the key had before. It goes on working, and is reported as old. */
  readonly formerly: string | undefined;
  /** True where values may contain a password: no error, log line or output quotes one. */
  readonly isSecret: boolean;
}

interface KeyOptions {
  readonly isReloadable?: boolean;
  readonly formerly?: string;
  readonly isSecret?: boolean;
}

/** The keys of one section, by name. */
export type Section = Readonly<Record<string, Key<unknown>>>;

/** The section of the program itself: its keys are called without a prefix. */
export const MAIN_SECTION = 'praas';

/** By the name in brackets. */
export interface Sections {
  readonly [MAIN_SECTION]: Section;
  readonly [name: string]: Section;
}

/** The values of a section, by key. */
type ValuesOf<S extends Section> = { readonly [N in keyof S]: S[N] extends Key<infer T> ? T : never };

/** The values of [praas] by key, and beside them those of each other section by its name. */
export type ConfigOf<S extends Sections> = ValuesOf<S[typeof MAIN_SECTION]> & {
  readonly [N in Exclude<keyof S, typeof MAIN_SECTION>]: ValuesOf<S[N]>;
};

/** A key with all of its names. */
export interface DeclaredKey {
  readonly section: string;
  /** As it stands in its section. */
  readonly name: string;
  /** Unique among all sections: `state_dir` in [praas], `toy.size` in [toy]. */
  readonly fullName: string;
  /** The environment variable that overrides it: PRAAS_STATE_DIR, PRAAS_TOY_SIZE. */
  readonly variable: string;
  /** The variable by the name that the key had before. */
  readonly oldVariable: string | undefined;
  readonly key: Key<unknown>;
}

/** A name that was used although the key has another one now. Of variables where the environment uses it. */
export interface RenamedKey {
  /** `/usr/local/etc/praas/praas.conf:3` or `environment`. */
  readonly where: string;
  readonly oldName: string;
  readonly newName: string;
}

/** Declares a key. Only a restart applies it, and it has no other name, unless the options say otherwise. */
export function key<T>(
  kind: Kind<T>,
  fallback: string,
  description: string,
  { isReloadable = false, formerly, isSecret = false }: KeyOptions = {},
): Key<T> {
  return { kind, fallback, description, isReloadable, formerly, isSecret };
}

/** All keys of all sections, in the order in which they are shown. */
export function declaredKeys(sections: Sections): readonly DeclaredKey[] {
  return Object.entries(sections).flatMap(([section, keys]) =>
    Object.entries(keys).map(([name, declared]) => ({
      section,
      name,
      fullName: section === MAIN_SECTION ? name : `${section}.${name}`,
      variable: variableOf(section, name),
      oldVariable: declared.formerly === undefined ? undefined : variableOf(section, declared.formerly),
      key: declared,
    })),
  );
}

/** The present name of a key in its section, and the one that it had before. */
export function namesOf({ name, key: { formerly } }: DeclaredKey): readonly string[] {
  return formerly === undefined ? [name] : [name, formerly];
}

function variableOf(section: string, name: string): string {
  const words = section === MAIN_SECTION ? [MAIN_SECTION, name] : [MAIN_SECTION, section, name];
  return words.join('_').toUpperCase();
}
