/**
 * The files of src as the rules of the house see them: in which room a file is and what it imports. Reads text, not syntax
 * trees (TypeScript 7 has no compiler API), so it insists on the one way in which imports are written here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Import {
  /** A path below src for a file of ours (`pat/errors.ts`), else the name as written (`zod`, `node:fs`). */
  readonly target: string;
  /** Ours, or a package (those of Node included). */
  readonly isOurs: boolean;
  /** Only types: nothing is loaded when the program runs. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** Below src: `pat/errors.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

const NAMES = String.raw`(?:\{(?<names>[^}]*)\}|\*(?: as \w+)?|\w+(?:, *(?:\{[^}]*\}|\* as \w+))?)`;
const STATEMENT = new RegExp(String.raw`^(?:import|export) (?<type>type )?${NAMES} from '(?<from>[^']+)'`, 'gm');
const BARE = /^import '(?<from>[^']+)'/gm;
const CALL = /\bimport\(\s*'(?<from>[^']+)'\s*\)/g;
/** Whatever else looks like an import: a computed one, other quotes, require. */
const UNREADABLE = /\bimport\(\s*[^'\s]|\b(?:from|import) "|\brequire\(|\bcreateRequire\b/;

/** Reads all TypeScript files below the directory, sorted by path. Throws on an import that it cannot read. */
export function readSourceTree(directory: string): SourceFile[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .toSorted()
    .map((path) => sourceFile(path, readFileSync(join(directory, path), 'utf8')));
}

/** Takes a path below src and the text of the file. Throws on an import that it cannot read. */
export function sourceFile(path: string, text: string): SourceFile {
  const code = text.replace(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*)$/gm, '');
  const unreadable = UNREADABLE.exec(code);
  if (unreadable) throw new Error(`src/${path}: write imports as from '…' or import('…'); found ${unreadable[0]}`);
  const statements = [...code.matchAll(STATEMENT)].map(({ groups = {} }) => {
    const names = groups['names']?.split(',').filter((name) => name.trim() !== '');
    const onlyTypes = names?.every((name) => name.trim().startsWith('type ')) ?? false;
    return importOf(path, groups['from'] ?? '', groups['type'] !== undefined || onlyTypes);
  });
  const others = [...code.matchAll(BARE), ...code.matchAll(CALL)];
  const loaded = others.map(({ groups = {} }) => importOf(path, groups['from'] ?? '', false));
  return { path, text, lines: text.trimEnd().split('\n'), imports: [...statements, ...loaded] };
}

function importOf(path: string, from: string, isType: boolean): Import {
  if (!from.startsWith('.')) return { target: from, isOurs: false, isType };
  return { target: join(path, '..', from), isOurs: true, isType };
}
