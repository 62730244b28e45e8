/** What the pages say is so: they are compared with the program, both ways where both can be wrong. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Plugin } from '@oclif/core';
import type { Manifest } from '../scripts/commands.ts';
import { type CommandEntry, usageOf } from '../scripts/commands.ts';
import { renderPages } from '../scripts/docs.ts';
import { exitCodeOf } from '../src/commands/failure.ts';
import { hopLine } from '../src/commands/pat/hop-columns.ts';
import { SECTIONS } from '../src/compose/config.ts';
import { reportOf } from '../src/pat/check/report.ts';
import { renderSample } from '../src/system/config/render.ts';
import { KEYS } from './support/config.ts';
import { ALL_ERRORS, CODES, sampleOf } from './support/error-facts.ts';
import { HOPS } from './support/judgements.ts';
import { MAPPING } from './support/samples.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** Every file that a page may name. */
const FILES = ['bench', 'box', 'lab', 'scripts', 'src', 'test'].flatMap((directory) =>
  readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' }).map((path) => `/${directory}/${path}`),
);
/** Files of a product that is only an example. */
const EXAMPLES = /(?:^|\/)x[/-]/;
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pagesBelow('docs'), ...pagesBelow('src')];

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  readonly oclif: { readonly commands: object };
}

const MANIFEST = JSON.parse(read('oclif.manifest.json')) as Manifest;
const PACKAGE = JSON.parse(read('package.json')) as PackageJson;
const VISIBLE = Object.values(MANIFEST.commands).filter(({ hidden }) => hidden !== true);
const titleOf = (id: string): string => `praas ${id.replaceAll(':', ' ')}`;

describe('docs/errors.md', () => {
  const sections = read('docs/errors.md')
    .split(/^(?=#{2,3} )/m)
    .flatMap((section) => {
      const [, code = '', kind = '', text = ''] = /^### (\S+)\nKind: (\w+)\.\n([\s\S]+)$/.exec(section) ?? [];
      return section.startsWith('### ') ? [{ code, kind, text }] : [];
    });

  test('has one section for every code of the catalogue, and no other', () => {
    expect(sections.map(({ code }) => code).toSorted()).toEqual(CODES.toSorted());
  });

  test.each(CODES)('says of %s its kind and when it happens', (code) => {
    const section = sections.find((each) => each.code === code);

    expect(section?.kind).toBe(ALL_ERRORS[code].kind);
    expect(section?.text.trim()).toMatch(/^\S[\s\S]{20,}\.$/);
  });

  test('names the kinds that there are', () => {
    const kinds = [...read('docs/errors.md').matchAll(/^\| ([A-Z]\w+) \|/gm)].map(([, kind]) => kind);

    expect(kinds).toEqual(expect.arrayContaining(CODES.map((code) => ALL_ERRORS[code].kind)));
  });

  test('names every code that does not end with 1', () => {
    const codes = CODES.filter((code) => exitCodeOf(sampleOf(code)) !== 1);
    const paragraph = /The command line ends with 1 [\s\S]*?\n\n/.exec(read('docs/errors.md'))?.[0] ?? '';

    expect(CODES.filter((code) => new RegExp(`\\b${code}\\b`).test(paragraph))).toEqual(codes);
  });
});

describe('made from the program', () => {
  test('oclif.manifest.json is what the commands say today (npm run build)', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'praas-manifest-'));
    try {
      // As scripts/manifest.ts does it, but from the sources instead of what was compiled from them.
      const target = `./${relative(directory, join(ROOT, 'src/commands/index.ts'))}`;
      const oclif = { ...PACKAGE.oclif, commands: { ...PACKAGE.oclif.commands, target } };
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...PACKAGE, oclif }));
      const plugin = new Plugin({
        root: directory,
        type: 'core',
        isRoot: true,
        ignoreManifest: true,
        errorOnManifestCreate: true,
        respectNoCacheDefault: true,
      });
      await plugin.load();

      const commands = Object.entries(plugin.manifest.commands).map(([id, command]) => [
        id,
        { ...command, usage: usageOf(command as unknown as CommandEntry) },
      ]);
      const manifest = { ...plugin.manifest, commands: Object.fromEntries(commands) };
      expect(JSON.parse(JSON.stringify(manifest))).toEqual(MANIFEST);
      expect(Object.keys(MANIFEST.commands)).not.toHaveLength(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.each(Object.entries(renderPages(MANIFEST)))('%s is up to date (node scripts/docs.ts)', (path, text) => {
    expect(read(path)).toBe(text);
  });

  test('share/praas.conf is up to date and has every key', () => {
    const sample = read('share/praas.conf');

    expect(sample).toBe(renderSample(SECTIONS));
    for (const { name } of KEYS) expect(sample).toContain(`\n#${name} =`);
  });
});

test.each(KEYS)('docs/configuration.md has $fullName with default, variable and meaning', ({ name, variable, key }) => {
  const row = read('docs/configuration.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`${name}\` |`));

  for (const text of [key.fallback, variable, key.description]) expect(row).toContain(text);
});

test.each(VISIBLE.map(({ id }) => [titleOf(id), id]))(
  '%s is in docs/cli.md and in the table of README.md',
  (title, id) => {
    expect(read('README.md')).toContain(`| \`${title}\` |`);
    const [, section = ''] = read('docs/cli.md').split(`\n## ${title}\n`);
    const own = section.split('\n## ')[0] ?? '';

    for (const flag of Object.keys(MANIFEST.commands[id ?? '']?.flags ?? {})) expect(own).toContain(`--${flag}`);
  },
);

test('docs/openstack.md shows a check as it is printed, line by line', () => {
  const sample = /```\n(ok {7}mapping: [\s\S]*?)\n```/.exec(read('docs/openstack.md'))?.[1] ?? '';
  const lines = sample.split('\n');
  const shown = HOPS.filter((hop) => lines.includes(hopLine(hop).split('\n')[0] ?? ''));

  expect(lines).toEqual([...shown.map(hopLine), '', reportOf(MAPPING, shown).conclusion].join('\n').split('\n'));
  expect(new Set(shown.map(({ verdict }) => verdict))).toEqual(new Set(['ok', 'failed', 'unknown']));
});

describe.each(PAGES)('%s', (path) => {
  const text = read(path);
  const code = codeOf(text);

  test('names only commands and flags that there are', () => {
    for (const line of code.flatMap(commandLinesOf)) {
      const { command, flags } = readCommandLine(line);
      expect({ line, isKnown: command !== undefined }).toEqual({ line, isKnown: true });
      const known = command === undefined || command === 'topic' ? [] : Object.values(command.flags);
      const names = known.flatMap(({ name, char, allowNo }) => [
        `--${name}`,
        ...(char === undefined ? [] : [`-${char}`]),
        ...(allowNo === true ? [`--no-${name}`] : []),
      ]);
      if (command === 'topic') names.push('--version');
      expect({ line, names: [...names, '--help'] }).toEqual({ line, names: expect.arrayContaining(flags) });
    }
  });

  test('links only to pages that there are', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);

    expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
  });

  test('names only files that there are', () => {
    const files = code.filter((each) => /^[\w-][\w./-]*\.(?:ts|txt)$/.test(each) && !EXAMPLES.test(each));

    expect(files.filter((file) => !isThere(path, file))).toEqual([]);
  });

  test('names only make targets and npm scripts that there are', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z]+):/gm)].map(([, target]) => target);
    const makes = code.flatMap((each) => [...each.matchAll(/(?:^|sudo )make ([a-z]+)/gm)].map(([, target]) => target));
    const scripts = code.flatMap((each) => [...each.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script));

    expect(targets).toEqual(expect.arrayContaining(makes));
    expect(Object.keys(PACKAGE.scripts)).toEqual(expect.arrayContaining(scripts));
  });
});

test('a page that names a command, a flag or a file that there is not would be found', () => {
  expect([isThere('src/pat/README.md', 'errors.ts'), isThere('src/pat/README.md', 'mapping.ts')]).toEqual([
    true,
    false,
  ]);
  expect([isThere('docs/api.md', 'mapping/mapping.ts'), isThere('docs/api.md', 'lost.ts')]).toEqual([true, false]);
  expect(commandLinesOf('praas pat create -r edge \\\n  --nonsense\nsudo praas pat lost\n$ make')).toEqual([
    'praas pat create -r edge    --nonsense',
    'praas pat lost',
  ]);
  expect(readCommandLine('praas pat lost').command).toBeUndefined();
  expect(readCommandLine('praas nonsense').command).toBeUndefined();
  expect(readCommandLine('praas pat').command).toBe('topic');
  expect(readCommandLine('praas --version').command).toBe('topic');
  expect(readCommandLine('praas --versions').command).toBeUndefined();
  expect(readCommandLine('praas pat create --nonsense -q x').flags).toEqual(['--nonsense', '-q']);
});

test('decisions are numbered, each number once, with the number and a title on top', () => {
  const names = readdirSync(join(ROOT, 'docs/decisions')).toSorted();
  const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);

  expect(new Set(numbers).size).toBe(names.length);
  for (const [index, name] of names.entries()) {
    expect(read(`docs/decisions/${name}`)).toMatch(new RegExp(`^# ${numbers[index]}: \\S`));
  }
});

function pagesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(directory, path))
    .toSorted();
}

/** The README of a room names its own files without a path; elsewhere the end of a path is enough. */
function isThere(page: string, file: string): boolean {
  if (page.startsWith('src/') && !file.includes('/')) return existsSync(join(ROOT, dirname(page), file));
  return FILES.some((path) => path.endsWith(`/${file}`));
}

/** The parts of a page that are written as code: blocks and spans. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const spans = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  return [...blocks, ...spans];
}

/** Lines that run praas, with their continuations and without a comment. */
function commandLinesOf(code: string): string[] {
  return code
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => /^(?:\$ )?(?:sudo )?(praas [a-z-].*)$/.exec(line.replace(/\s+#.*$/, ''))?.[1]?.trimEnd() ?? []);
}

/** The command that a line runs (`topic`: the first word of several commands, or --version), and the flags on it. */
function readCommandLine(line: string): { command: (typeof VISIBLE)[number] | 'topic' | undefined; flags: string[] } {
  const [, ...words] = line.split(/\s+/);
  const [first = '', second = ''] = words;
  const flags = line.split(/\s+/).flatMap((word) => /^\[?(--[a-z-]+|-[a-z])\b/.exec(word)?.[1] ?? []);
  const isTopic =
    second === '' && (first === '--version' || Object.keys(MANIFEST.commands).some((id) => id.startsWith(`${first}:`)));
  const ids = words.map((_, index) => words.slice(0, index + 1).join(':')).toReversed();
  const command = ids.map((id) => MANIFEST.commands[id]).find((found) => found !== undefined);
  return { command: command ?? (isTopic ? 'topic' : undefined), flags };
}
