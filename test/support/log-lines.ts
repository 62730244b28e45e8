/** The lines that src writes to the log, read from its text: each message with the names of its fields. */
import type { SourceFile } from './source-tree.ts';

export interface LogLine {
  readonly path: string;
  readonly level: string;
  readonly message: string;
  /** As far as the call itself names them; `...` stands for those of an object that it spreads. */
  readonly fields: readonly string[];
}

/** A call on a Logger; the log file itself calls winston's `logger`. */
const CALL = /\blog\.(?<level>info|warn)\((?<first>\s*'(?<message>[^']*)')?/gi;
/** They hand on what others log. */
const PASSES_ON = new Set(['system/log.ts', 'system/request-context.ts']);

/** Throws where the message of a line is not one literal. */
export function logLinesOf({ path, text }: SourceFile): LogLine[] {
  if (PASSES_ON.has(path)) return [];
  return [...text.matchAll(CALL)].map(({ index, 0: { length }, groups = {} }) => {
    const { level = '', message } = groups;
    if (message === undefined)
      throw new Error(`src/${path}: write the message of a log line as '…', its facts as fields`);
    const details = restOfCall(text.slice(index + length));
    return { path, level: level.toLowerCase(), message, fields: fieldsOf(details) };
  });
}

/** The arguments behind the first, up to the parenthesis that closes the call. */
function restOfCall(text: string): string {
  let depth = 0;
  const end = text.split('').findIndex((character) => {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    return depth < 0;
  });
  return text.slice(0, end);
}

function fieldsOf(details: string): string[] {
  const inner = /\{(?<inner>[\s\S]*)\}/.exec(details)?.groups?.['inner'] ?? '';
  const parts = topLevelParts(inner);
  return parts.map((part) => {
    if (!part.startsWith('...')) return part.split(':')[0] ?? part;
    // `...(value && { name })` names its field.
    return /\{ (?<name>\w+) \}/.exec(part)?.groups?.['name'] ?? '...';
  });
}

/** What stands between the commas that no bracket encloses. */
function topLevelParts(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
