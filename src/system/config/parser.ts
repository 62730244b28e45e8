/**
 * Reads the syntax of praas.conf as Python's configparser with inline comments does: `key = value # comment` below
 * [section]. Written by hand because none of the INI libraries tells on which line a key stands, and an error without the
 * line is no help. Knows neither sections nor keys. Differs from Python where a typing error would pass in silence: an
 * indented line never continues the one above, and only `=` separates key and value.
 */
import { praasError } from '../../core/errors/errors.ts';

interface SectionLine {
  readonly kind: 'section';
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface EntryLine {
  readonly kind: 'entry';
  readonly key: string;
  /** Without comment and without white space at the ends; may be empty. */
  readonly value: string;
  readonly line: number;
}

/** A comment sign counts at the start of a line or after white space: `/srv/state#2` is a path, `3000#x` no port. */
const COMMENT = /(?:^|\s)[#;].*$/su;

/**
 * Takes the text of the file and its path (for errors only). Gives its sections and entries line by line.
 * Throws CONFIG_SYNTAX with path and line, when it gets there, for a line that is neither and for bytes that are not UTF-8
 * (in a comment they do no harm).
 */
export function* parseLines(text: string, path: string): Generator<SectionLine | EntryLine> {
  // trim() also takes the byte order mark that some editors write in front of the first line.
  for (const [index, whole] of text.split(/\r\n?|\n/).entries()) {
    const content = whole.replace(COMMENT, '').trim();
    if (content === '') continue;
    const line = index + 1;
    const where = `${path}:${line}`;
    if (content.includes('\uFFFD')) {
      throw praasError('CONFIG_SYNTAX', { where, found: 'bytes that are not UTF-8', allowed: 'UTF-8' });
    }
    const parsed = parseSection(content, line) ?? parseEntry(content, line);
    if (parsed === undefined) {
      const allowed = '[section], key = value, or a comment that begins with # or ;';
      // Not quoted: it may be the rest of a value that contains a password.
      throw praasError('CONFIG_SYNTAX', { where, found: 'unreadable line', allowed });
    }
    yield parsed;
  }
}

function parseSection(content: string, line: number): SectionLine | undefined {
  const name = /^\[([^\]]*)\]$/.exec(content)?.[1]?.trim();
  return name === undefined ? undefined : { kind: 'section', name, line };
}

function parseEntry(content: string, line: number): EntryLine | undefined {
  const equals = content.indexOf('=');
  if (equals < 1 || content.startsWith('[')) return undefined;
  return { kind: 'entry', key: content.slice(0, equals).trim(), value: content.slice(equals + 1).trim(), line };
}
