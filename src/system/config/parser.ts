/**
 * Reads the syntax of praas.conf as Python's configparser with inline comments does: `key = value # comment` below
 * [praas]. Written by hand because none of the INI libraries tells on which line a key stands, and an error without the
 * line is no help. Knows nothing of which keys there are. Differs from Python where a typing error would pass in
 * silence: an indented line never continues the one above, and only `=` separates key and value.
 */
import { type PraasError, praasError } from '../../core/errors/errors.ts';
import { found } from './found.ts';

export const SECTION = 'praas';

export interface Entry {
  readonly key: string;
  /** Without comment and without white space at the ends; may be empty. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A comment sign counts at the start of a line or after white space: `/srv/state#2` is a path, `3000#x` no port. */
const COMMENT = /(?:^|\s)[#;].*$/su;

/**
 * Takes the text of the file and its path (for errors only). Gives its entries in their order, no key twice.
 * Throws CONFIG_SYNTAX with path and line for an unknown section, a key outside of [praas] or given twice, any other
 * line that is neither, and bytes that are not UTF-8 (in a comment they do no harm).
 */
export function parseEntries(text: string, path: string): readonly Entry[] {
  const entries = new Map<string, Entry>();
  let isInside = false;
  // trim() also takes the byte order mark that some editors write in front of the first line.
  for (const [index, whole] of text.split(/\r\n?|\n/).entries()) {
    const content = whole.replace(COMMENT, '').trim();
    const line = index + 1;
    const refuse = (what: string, allowed: string): PraasError =>
      praasError('CONFIG_SYNTAX', { where: `${path}:${line}`, found: what, allowed });

    if (content === '') continue;
    if (content.includes('\uFFFD')) throw refuse('bytes that are not UTF-8', 'UTF-8');
    const section = /^\[([^\]]*)\]$/.exec(content)?.[1]?.trim();
    if (section !== undefined) {
      if (section !== SECTION) throw refuse(`the section [${found(section)}]`, `the section [${SECTION}]`);
      isInside = true;
      continue;
    }
    const entry = parseEntry(content, line);
    if (entry === undefined)
      throw refuse(found(content), `[${SECTION}], key = value, or a comment that begins with # or ;`);
    if (!isInside) throw refuse(`the key ${found(entry.key)} in front of any section`, `keys below [${SECTION}]`);
    const earlier = entries.get(entry.key);
    if (earlier) throw refuse(`the key ${found(entry.key)} again (line ${earlier.line} has it)`, 'each key once');
    entries.set(entry.key, entry);
  }
  return [...entries.values()];
}

function parseEntry(content: string, line: number): Entry | undefined {
  const equals = content.indexOf('=');
  if (equals < 1 || content.startsWith('[')) return undefined;
  return { key: content.slice(0, equals).trim(), value: content.slice(equals + 1).trim(), line };
}
