/** Writes praas.conf: the opposite of the parser. Whatever is rendered here is parsed to the same values. */
import { KEY_NAMES, KEYS } from './keys.ts';
import { SECTION } from './parser.ts';

const HEADER = [
  '# praas.conf: the settings of PRaaS. Every key is shown with its default; to change one, remove the # in front of it.',
  '# A comment begins with # or ; at the start of a line or after a blank. The environment overrides this file: PRAAS_',
  '# and the key in capitals, such as PRAAS_STATE_DIR. `praas config show` lists the values in force and their sources.',
];

const assignment = (key: string, value: string): string => `${key} = ${value}`.trimEnd();

/** Gives a file that sets these keys to these values. They must have passed loadConfig. */
export function renderSettings(settings: readonly { readonly key: string; readonly value: string }[]): string {
  return `${[`[${SECTION}]`, ...settings.map(({ key, value }) => assignment(key, value))].join('\n')}\n`;
}

/** Gives the commented sample: every key with its purpose and what it may be, the defaults commented out. */
export function renderSample(): string {
  const keys = KEY_NAMES.map((name) => {
    const { description, fallback, kind } = KEYS[name];
    return `\n# ${description}\n# allowed: ${kind.allowed}\n#${assignment(name, fallback)}`;
  });
  return `${[...HEADER, '', `[${SECTION}]`, ...keys].join('\n')}\n`;
}
