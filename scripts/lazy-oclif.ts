/**
 * In the executable, a module of oclif is loaded when something of it is first used. oclif itself loads all of them at its start,
 * and most of what they load in turn (reading plugins from disk, spinners, performance marks, a check of Node's version): a
 * sixth of the time of a short command, for nothing.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * How TypeScript writes an import of CommonJS. The name is used as `name.member` only. The module of Command is loaded at once: it
 * listens for errors of the standard output, and commands/run.ts takes that listener away.
 */
const IMPORT =
  /^(?:const|var) (?<name>\w+_\d+) = (?<value>(?:__importDefault\()?require\("(?!\.\/command")[^"]+"\)\)?);$/gm;
/** The executable brings its Node with it. */
const NODE_CHECK = /^function checkNodeVersion\(\) \{$.*?^\}$\n|^checkNodeVersion\(\);$/gms;
/** One of each, and both forms of an import. */
const EXPECTED = { 'index.js': NODE_CHECK, 'config/config.js': IMPORT } as const;

export const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup(building) {
    building.onLoad({ filter: /\/@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const expected = Object.entries(EXPECTED).find(([name]) => path.endsWith(`/lib/${name}`));
      if (expected && text.search(expected[1]) === -1)
        throw new Error(`${relative('', path)} is written in another way`);
      return { contents: lazy(text.replaceAll(NODE_CHECK, '')) };
    });
  },
};

/** The same module; each import of it is a getter of one object, in front of all that uses them. */
function lazy(text: string): string {
  const imports = [...text.matchAll(IMPORT)].map(({ groups }) => ({
    name: groups?.['name'],
    value: groups?.['value'],
  }));
  if (imports.length === 0) return text;
  const getters = imports.map(({ name, value }) => `get ${name}() { return ${value}; }`);
  const names = new RegExp(`\\b(${imports.map(({ name }) => name).join('|')})\\b`, 'g');
  const rest = text.replaceAll(IMPORT, '').replaceAll(names, 'imports.$1');
  return `"use strict";\nvar imports = { ${getters.join(', ')} };\n${rest}`;
}
