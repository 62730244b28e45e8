/**
 * Names in src are camelCase. Fields of documents are snake_case, and so are the variables that destructuring takes out of them by name;
 * a variable, a parameter or a function that is declared by itself is no document.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readSourceTree } from './support/source-tree.ts';

const FILES = readSourceTree(fileURLToPath(new URL('../src/', import.meta.url)));

const SNAKE = '[a-z][a-z0-9]*_\\w+';
const DECLARATION = new RegExp(`\\b(?:const|let|var|function\\*?) (${SNAKE})`, 'g');
const PARAMETER = new RegExp(`^ *(?:readonly |\\.\\.\\.)*(${SNAKE})\\??: `);
const ALONE = new RegExp(`^ *(${SNAKE}) *$`);
const ARROW_WITHOUT_BRACKETS = new RegExp(`(?:^|[ (,=])(${SNAKE}) =>`, 'g');

const ARRAY_PATTERN = /\b(?:const|let) \[([^\]{}]*)\]/g;
const ELEMENT = new RegExp(`^ *(?:\\.\\.\\.)?(${SNAKE})(?: =|$)`);

/** The line without comments, strings and whole pairs of braces, which are documents or the destructuring of one. */
function bare(line: string): string {
  let text = /^\s*(?:\/?\*|\/\/)/.test(line) ? '' : line.replace(/'[^']*'|`[^`]*`|\/\/.*$/g, '');
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\{[^{}]*\}/g, '');
  }
  return text;
}

/** True for a line in a parameter list that is broken into lines. */
function isBrokenParameter(lines: readonly string[], index: number): boolean {
  const depth = lines[index]?.search(/\S/) ?? 0;
  const opening = lines.slice(0, index).findLast((line) => line.search(/\S/) < depth && line !== '');
  return opening?.endsWith('(') ?? false;
}

/** The names in snake_case that a text declares. */
function snakeNames(text: string): string[] {
  const lines = text.split('\n').map(bare);
  return lines.flatMap((line, index) => {
    const lists = [...line.matchAll(/\(([^(){}]*)(\)(?:: [^=]+)? =>)?/g)];
    const names = lists.flatMap(([, list = '', arrow]) =>
      list.split(',').flatMap((each) => (PARAMETER.exec(each) ?? (arrow === undefined ? null : ALONE.exec(each)))?.[1]),
    );
    const broken = isBrokenParameter(lines, index) ? [PARAMETER.exec(line)?.[1]] : [];
    const declared = [DECLARATION, ARROW_WITHOUT_BRACKETS].flatMap((form) =>
      [...line.matchAll(form)].map(([, name]) => name),
    );
    const elements = [...line.matchAll(ARRAY_PATTERN)].flatMap(([, list = '']) =>
      list.split(',').map((each) => ELEMENT.exec(each)?.[1]),
    );
    return [...names, ...broken, ...declared, ...elements].flatMap((name) => name ?? []);
  });
}

test('no variable, parameter or function is in snake_case', () => {
  const found = FILES.flatMap(({ path, text }) => snakeNames(text).map((name) => `src/${path} declares ${name}`));

  expect(found).toEqual([]);
});

test.each([
  'const a_b = 1;',
  'for (const a_b of all) {',
  "const [c, a_b = ''] = all;",
  'function a_b() {',
  'function f(a_b: string) {',
  'function f({ c }: C, a_b: string) {',
  '  f(a_b?: string): void;',
  '  readonly f: (a_b: string) => void;',
  'function f(\n  c: string,\n  a_b: string,\n): void {',
  'all.map((a_b) => 1);',
  'all.map((c, a_b) => 1);',
])('%j is seen', (text) => {
  expect(snakeNames(text)).toEqual(['a_b']);
});

test.each([
  'const { a_b } = document;',
  'const f = ({ a_b }: Document): string => a_b;',
  'interface Document {\n  readonly a_b: string;\n}',
  'send({ a_b: 1 });',
  'send({\n  a_b: 1,\n});',
  'send(c, { a_b: 1 });',
  '// const a_b = 1;',
  "const text = 'const a_b = 1';",
])('%j is fine', (text) => {
  expect(snakeNames(text)).toEqual([]);
});
