/** How values lie in a configuration: those of the main section at the top, those of each other section below its name. */
import {
  type ConfigOf,
  type DeclaredKey,
  declaredKeys,
  MAIN_SECTION,
  type Sections,
} from '../../core/settings/sections.ts';

/** Gives the frozen configuration that has for each key what `valueOfKey` gives. */
export function configOf<S extends Sections>(sections: S, valueOfKey: (declared: DeclaredKey) => unknown): ConfigOf<S> {
  const keys = declaredKeys(sections);
  const parts = Object.keys(sections).map((section) => {
    const own = keys.filter((declared) => declared.section === section);
    const values = Object.fromEntries(own.map((declared) => [declared.name, valueOfKey(declared)]));
    return section === MAIN_SECTION ? values : { [section]: Object.freeze(values) };
  });
  return Object.freeze(Object.assign({}, ...parts)) as ConfigOf<S>;
}

/** Gives the value that the key has in a configuration of its sections. */
export function valueOf(config: object, { section, name }: DeclaredKey): unknown {
  const values = config as Readonly<Record<string, unknown>>;
  return section === MAIN_SECTION ? values[name] : (values[section] as Readonly<Record<string, unknown>>)[name];
}
