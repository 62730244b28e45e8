/** Writes praas.conf: the opposite of the parser. Whatever is rendered here is parsed to the same values. */
import { type DeclaredKey, declaredKeys, MAIN_SECTION, type Sections } from '../../core/settings/sections.ts';

const HEADER = [
  '# praas.conf: the configuration of praas. Each key is shown with its default. To change one, remove the # before it.',
  '# A comment begins with # or ; at the start of a line or after a space. An environment variable overrides a key: PRAAS_',
  '# and the key in capitals, such as PRAAS_STATE_DIR. `praas config show` lists the values in force and their sources.',
];

const assignment = (key: string, value: string): string => `${key} = ${value}`.trimEnd();

/** Gives a file that sets these keys, by their full names, to these values. They must have passed `load`. */
export function renderSettings(
  sections: Sections,
  settings: readonly { readonly key: string; readonly value: string }[],
): string {
  const blocks = bySection(sections).flatMap(({ name, keys }) => {
    const names = new Map(keys.map(({ fullName, name: key }) => [fullName, key]));
    const lines = settings.flatMap(({ key, value }) => {
      const own = names.get(key);
      return own === undefined ? [] : [assignment(own, value)];
    });
    return lines.length === 0 && name !== MAIN_SECTION ? [] : [[`[${name}]`, ...lines].join('\n')];
  });
  return `${blocks.join('\n\n')}\n`;
}

/** Gives the commented sample: every key with its purpose and what it may be, the defaults commented out. */
export function renderSample(sections: Sections): string {
  const blocks = bySection(sections).map(({ name, keys }) => [`[${name}]`, ...keys.map(sampleOf)].join('\n\n'));
  return `${[HEADER.join('\n'), ...blocks].join('\n\n')}\n`;
}

function sampleOf({ section, name, variable, key }: DeclaredKey): string {
  const { description, fallback, kind } = key;
  const environment = section === MAIN_SECTION ? [] : [`# environment: ${variable}`];
  return [`# ${description}`, `# allowed: ${kind.allowed}`, ...environment, `#${assignment(name, fallback)}`].join(
    '\n',
  );
}

function bySection(sections: Sections): readonly { readonly name: string; readonly keys: readonly DeclaredKey[] }[] {
  const keys = declaredKeys(sections);
  return Object.keys(sections).map((name) => ({ name, keys: keys.filter(({ section }) => section === name) }));
}
