/**
 * What every product shares names no concept of one product: neither in identifiers nor in comments nor in messages. Another product
 * would inherit the word, and its operators would read of things that they do not have.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readSourceTree, type SourceFile, sourceFile } from './support/source-tree.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** The words of published ports. */
const WORDS: readonly string[] = ['mapping', 'mappings', 'router', 'routers', 'pat'];

/** The rooms that every product shares: a folder with all files directly in it, or one file. */
const SHARED: readonly string[] = [
  'core',
  'core/client',
  'core/errors',
  'core/identity',
  'core/settings',
  'core/values',
  'system',
  'system/config',
  'system/http',
  'store/files',
  'server/http',
  'commands',
  'commands/output',
  'compose/daemon.ts',
];

/** Files in these rooms that are of a product: its commands without a topic, and what names it to the administrator. */
const OF_A_PRODUCT: readonly string[] = [
  'commands/demo.ts',
  'commands/doctor.ts',
  'commands/events.ts',
  'commands/install.ts',
  'commands/monitor.ts',
  'commands/serve.ts',
  'commands/table.ts',
  'commands/uninstall.ts',
];

/** True for a file that is the room, or that lies directly in it. */
const isIn = (path: string, room: string): boolean =>
  path === room || (path.startsWith(`${room}/`) && !path.slice(room.length + 1).includes('/'));

/** The words in a text, of identifiers in camelCase and snake_case, too; express calls a set of routes `Router`. */
function wordsIn(text: string): string[] {
  const parts = text.replaceAll(/\bRouter\b/g, '').match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return parts.map((part) => part.toLowerCase());
}

/** The lines with a word of a product, as `path:line: text`. */
function complaints({ path, lines }: SourceFile): string[] {
  return lines.flatMap((line, index) =>
    wordsIn(line).some((word) => WORDS.includes(word)) ? [`src/${path}:${index + 1}: ${line.trim()}`] : [],
  );
}

const IN_SHARED = readSourceTree(SRC).filter(({ path }) => SHARED.some((room) => isIn(path, room)));
const FILES = IN_SHARED.filter(({ path }) => !OF_A_PRODUCT.includes(path));

describe('what every product shares', () => {
  test('is there, room by room', () => {
    const lost = SHARED.filter((room) => !FILES.some(({ path }) => isIn(path, room)));

    expect(lost).toEqual([]);
  });

  test('has no exception that is not needed', () => {
    const needed = IN_SHARED.filter((file) => complaints(file).length > 0).map(({ path }) => path);

    expect(OF_A_PRODUCT).toEqual(needed);
  });

  test('names no mapping, no router and no PAT', () => {
    expect(FILES.flatMap(complaints)).toEqual([]);
  });
});

test.each([
  'const router_id = 1;',
  'const routerId = 1;',
  '/** All mappings of it. */',
  'class PatService {}',
  "throw new Error('no PAT agent');",
  "import type { X } from '../pat/errors.ts';",
])('%j is seen', (text) => {
  expect(complaints(sourceFile('core/x.ts', text))).toHaveLength(1);
});

test.each(['const routes = Router();', 'const pattern = path;', '/** The route that was matched. */'])(
  '%j is fine',
  (text) => {
    expect(complaints(sourceFile('server/http/x.ts', text))).toEqual([]);
  },
);
