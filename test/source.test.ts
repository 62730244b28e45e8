/**
 * The rules for each file of src: how long it may be, how it begins, what it may export and what it may ask of the world outside.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readSourceTree, type SourceFile, sourceFile } from './support/source-tree.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const FILES = readSourceTree(SRC);

describe('sizes', () => {
  test('no file has more than 250 lines', () => {
    expect(longest(250, FILES)).toEqual([]);
  });

  test('no command has more than 120 lines: it parses, calls and prints', () => {
    const table = FILES.find(({ path }) => path === 'commands/table.ts')?.imports ?? [];
    const commands = FILES.filter(({ path }) => table.some(({ target }) => target === path));

    expect(commands.length).toBeGreaterThan(8);
    expect(longest(120, commands)).toEqual([]);
  });

  test('no function has more than 60 lines', () => {
    expect(FILES.flatMap(longBlocks)).toEqual([]);
  });

  test('a function that is too long is found, whatever its form', () => {
    const body = Array.from({ length: 60 }, () => '    work();');
    const forms: readonly (readonly string[])[] = [
      ['  async #change<T>(', '    a: string,', '  ): Promise<T> {'],
      ['  run(): Promise<void> {'],
      ['  run(): () => void {'],
      ['  run(): Promise<{', '    readonly a: string;', '  }> {'],
      ['  run(): readonly string[] {'],
      ['  const run = async (a: string) => {'],
      ['  const run = (a: string): Part => ({'],
      ['  const run = (a: string): readonly Part[] => ['],
      ['  get a() {'],
    ];

    for (const form of forms) {
      const end = { '{': '  }', '(': '  })', '[': '  ]' }[form.at(-1)?.at(-1) ?? ''];
      const text = [...form, ...body, end].join('\n');
      expect(longBlocks(sourceFile('pat/x.ts', text))).toHaveLength(1);
      expect(longBlocks(sourceFile('pat/x.ts', text.replace('    work();\n    work();\n', '')))).toEqual([]);
    }
  });
});

describe('exports', () => {
  const ROOT = `${SRC}../`;
  const EXPORT =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type|enum) (?<name>\w+)/gm;
  const namesExportedBy = (text: string): string[] =>
    [...text.matchAll(EXPORT)].map(({ groups = {} }) => groups['name'] ?? '');

  /** In how many files each word is. */
  const files = ['bench', 'bin', 'box', 'lab', 'scripts', 'src', 'test'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:ts|js|mjs)$/.test(path))
      .map((path) => `${ROOT}${folder}/${path}`),
  );
  const counts = new Map<string, number>();
  for (const path of files) {
    for (const word of new Set(readFileSync(path, 'utf8').match(/\w+/g))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }

  test('what a file exports is named by another file', () => {
    const dead = FILES.flatMap(({ path, text }) =>
      namesExportedBy(text)
        .filter((name) => (counts.get(name) ?? 0) < 2)
        .map((name) => `src/${path} exports ${name}`),
    );

    expect(dead).toEqual([]);
  });

  test.each([
    'export interface A {',
    'export const A = 1;',
    'export abstract class A {',
    'export async function A() {',
    'export type A = B;',
  ])('%j is seen', (text) => {
    expect(namesExportedBy(text)).toEqual(['A']);
  });
});

describe('first lines', () => {
  test('a file begins with a comment that says what it is; a command says it in its summary', () => {
    const silent = FILES.filter(({ text }) => !/^\/[/*]/.test(text) && !/^ {2}static override summary = /m.test(text));

    expect(silent.map(({ path }) => `src/${path}`)).toEqual([]);
  });
});

describe('the world outside', () => {
  /** What a file may not do, where it may all the same, and why. */
  const BANS: readonly {
    readonly what: string;
    readonly pattern: RegExp;
    readonly door: RegExp;
    readonly why: string;
  }[] = [
    {
      what: 'asks for the time',
      pattern: /\bDate\.now\(|new Date\(\)|\bperformance\.now\(|process\.hrtime/,
      door: /^system\/clock\.ts$/,
      why: 'time comes through a Clock, so that tests can say what time it is',
    },
    {
      what: 'asks for randomness',
      pattern: /\bMath\.random\(|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
      door: /^system\/clock\.ts$/,
      why: 'ids come through NewId, so that tests can say which',
    },
    {
      what: 'ends the process',
      pattern: /\bprocess\.(exit|abort)\(/,
      door: /^$/,
      why: 'what is open has to be closed: throw an error of the catalogue',
    },
    {
      what: 'keeps state in a module',
      pattern: /^(?:export )?(?:let|var) /m,
      door: /^$/,
      why: 'state belongs to an object that compose.ts makes',
    },
  ];

  test.each(BANS)('no file $what behind the door for it', ({ what, pattern, door, why }) => {
    const found = FILES.filter(({ path, text }) => !door.test(path) && pattern.test(text));

    expect(found.map(({ path }) => `src/${path} ${what}: ${why}`)).toEqual([]);
  });

  test.each([
    'const now = Date.now();',
    'const now = new Date();',
    'const id = randomUUID();',
    'crypto.getRandomValues(bytes);',
    '  process.exit(1);',
    'let count = 0;',
    'export let count = 0;',
  ])('%j is seen', (text) => {
    expect(BANS.filter(({ pattern }) => pattern.test(text))).toHaveLength(1);
  });
});

function longest(limit: number, files: readonly SourceFile[]): string[] {
  const long = files.filter(({ lines }) => lines.length > limit);
  return long.map(({ path, lines }) => `src/${path} has ${lines.length} lines`);
}

/** What begins with a word and a bracket and is no function: types, imports and values. A block of a loop lies in a function. */
const NO_FUNCTION =
  /^\s*(?:(?:export|default|abstract|declare) )*(?:class|interface|enum|type|import|export)\b|\b(?:return|satisfies|as|extends) \{$/;
/** The end of a head: a bracket behind a parameter list, a return type or an arrow. */
const HEAD = /[\w)>\]}] \{$|=> (?:\(?[{[]|\()$/;

/** Functions of more than 60 lines, by the indentation of their end. */
function longBlocks({ path, lines }: SourceFile): string[] {
  return lines.flatMap((line, start) => {
    if (!HEAD.test(line) || NO_FUNCTION.test(line)) return [];
    const indentation = /^ */.exec(line)?.[0] ?? '';
    const ends = ['}', ']', ')'].map((bracket) => indentation + bracket);
    const size = lines.slice(start + 1).findIndex((later) => ends.some((end) => later.startsWith(end)));
    return size > 58 ? [`src/${path}:${start + 1} has a function of ${size + 2} lines`] : [];
  });
}
