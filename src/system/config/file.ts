/**
 * What a praas.conf sets: each section and key known, each key once, each value allowed. The first line that is wrong ends
 * the reading, with an error that names the line.
 */
import { declaredKeys, namesOf, type RenamedKey, type Sections } from '../../core/settings/sections.ts';
import { parseLines } from './parser.ts';
import { duplicateKey, misplacedKey, unknownSection } from './refusals.ts';
import { type Written, withValue } from './written.ts';

export interface ConfigFile {
  /** By full name of the key. */
  readonly written: ReadonlyMap<string, Written>;
  /** In the order of the file. */
  readonly renamed: readonly RenamedKey[];
}

/** Takes the text of the file and its path. Throws CONFIG_SYNTAX and CONFIG_INVALID, with path and line. */
export function readConfigFile(text: string, path: string, sections: Sections): ConfigFile {
  const keys = declaredKeys(sections);
  const written = new Map<string, Written>();
  const renamed: RenamedKey[] = [];
  let section: string | undefined;
  for (const parsed of parseLines(text, path)) {
    const where = `${path}:${parsed.line}`;
    if (parsed.kind === 'section') {
      section = parsed.name;
      if (!Object.hasOwn(sections, section)) throw unknownSection(where, section, sections);
      continue;
    }
    const declared = keys.find((each) => each.section === section && namesOf(each).includes(parsed.key));
    if (declared === undefined) throw misplacedKey(where, { section, name: parsed.key }, sections);
    const { fullName, name } = declared;
    const earlier = written.get(fullName);
    if (earlier !== undefined) throw duplicateKey(where, parsed.key, declared, earlier);
    const oldName = parsed.key === name ? undefined : parsed.key;
    const setting = { text: parsed.value, where, line: parsed.line, oldName };
    const hint = /[#;]/.test(parsed.value) ? ' (a comment needs a space before it)' : '';
    written.set(fullName, withValue(declared, setting, hint));
    if (oldName !== undefined) renamed.push({ where, oldName, newName: name });
  }
  return { written, renamed };
}
