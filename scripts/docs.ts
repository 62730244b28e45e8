// Writes what is made from the program and kept beside it: docs/cli.md, completions and the man page from
// oclif.manifest.json, docs/configuration.md and share/praas.conf from the tables of keys, the table in docs/policy.md from the
// actions. Run it after a change of commands, keys or actions; test/docs.test.ts fails while one of them is not as rendered here.
import { readFileSync, writeFileSync } from 'node:fs';
import { ACTIONS } from '../src/compose/actions.ts';
import { SECTIONS } from '../src/compose/config.ts';
import { type DeclaredKey, declaredKeys } from '../src/core/settings/sections.ts';
import { renderSample, renderSettings } from '../src/system/config/render.ts';
import { renderBash } from './bash-completion.ts';
import {
  argText,
  BIN,
  byName,
  type CommandEntry,
  exampleText,
  flagText,
  type Input,
  type Manifest,
  ROOT,
  readManifest,
  remarks,
  shownOf,
  usageText,
  wordsOf,
} from './commands.ts';
import { renderMan } from './man.ts';
import { renderZsh } from './zsh-completion.ts';

const NOTE = '<!-- Made by scripts/docs.ts. Do not edit: run it again. -->';
/** Help groups of options that many commands share: they are explained once. */
const SHARED = ['OUTPUT', 'GLOBAL', 'OPENSTACK'];

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

/** Takes the manifest, gives docs/cli.md: every command that is meant for people. */
export function renderCli(manifest: Manifest): string {
  const shown = shownOf(manifest);
  const shared = new Map(shown.flatMap(({ flags }) => sharedOf(flags).map((flag) => [flag.name, flag])));
  const lines = [
    NOTE,
    '',
    '# Commands',
    '',
    "Exit codes: 0 success, 1 refused or failed, 2 wrong usage, 128 and the signal's number when interrupted. With `--json` an",
    'error is JSON on standard output: `{"error": {"code", "message", "next_steps", "facts"}}`, with the codes of',
    '[errors.md](errors.md). What fails while the rest is done, such as one router of a list, is the same on standard error, one line each;',
    'the exit code is 1 then, and standard output has the rest.',
    '',
    'Options of many commands, named there:',
    '',
    ...flagTable([...shared.values()]),
    ...shown.flatMap(commandLines),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: CommandEntry): string[] {
  const { summary = '', description, examples = [], args, flags, strict } = command;
  const title = `${BIN} ${wordsOf(command)}`;
  const others = sharedOf(flags);
  const own = Object.values(flags).filter((flag) => !others.includes(flag));
  const named = Object.values(args).map((arg) => argText(arg, strict === false));
  const needed = own.filter(({ required }) => required === true).map(usageText);
  const usage = [title, ...named, ...needed, '[options]'].join(' ');
  return [
    '',
    `## ${title}`,
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.${description === undefined ? '' : ` ${description}`}`,
    '',
    '```',
    usage,
    ...Object.values(args).map((arg) => `  ${arg.name.toUpperCase()}: ${arg.description ?? ''}`),
    '```',
    '',
    ...flagTable(own),
    ...(own.length > 0 && others.length > 0 ? [''] : []),
    ...(others.length > 0
      ? [`${own.length > 0 ? 'Also' : 'Options'}: ${others.map(({ name }) => `\`--${name}\``).join(', ')}.`]
      : []),
    ...(examples.length > 0
      ? ['', 'Examples:', '', '```', ...examples.map((text) => exampleText(text, command)), '```']
      : []),
  ];
}

function flagTable(flags: readonly Input[]): string[] {
  if (flags.length === 0) return [];
  const rows = byName(flags).map((flag) =>
    row(`\`${flagText(flag)}\``, [flag.description ?? '', ...remarks(flag)].join('; ')),
  );
  return ['| option | |', '|---|---|', ...rows];
}

function sharedOf(flags: CommandEntry['flags']): Input[] {
  return byName(Object.values(flags).filter(({ helpGroup = '' }) => SHARED.includes(helpGroup)));
}

/** Gives docs/configuration.md: every key with its default, what it may be, and its variable. */
export function renderConfiguration(): string {
  const keys = declaredKeys(SECTIONS);
  const tables = Object.keys(SECTIONS).flatMap((name) => [
    '',
    `## [${name}]`,
    '',
    '| key | default | environment | applied by | meaning; allowed |',
    '|---|---|---|---|---|',
    ...keys.filter(({ section }) => section === name).map(keyRow),
  ]);
  const renamed = keys.filter(({ key }) => key.formerly !== undefined);
  const example = renderSettings(SECTIONS, [
    { key: 'router_port_range', value: '4000:4999   # a comment needs a space before it' },
    { key: 'backend', value: 'nftables' },
  ]);
  const lines = [
    NOTE,
    '',
    '# Configuration',
    '',
    'praas reads `/usr/local/etc/praas/praas.conf`, or the file that `--config` or the environment variable `PRAAS_CONFIG`',
    'names. Only the standard file may be missing. Every key has a default and can be overridden by an environment variable;',
    'an empty variable counts as unset. `praas config show` lists the values in force and their sources.',
    '',
    '```ini',
    example.trimEnd(),
    '```',
    '',
    'An unknown section or key, a key that is set twice and a value that is not allowed are errors. They name file, line and',
    'key, and the nearest section or key if there is one. `share/praas.conf` has all keys, commented out.',
    '',
    'The column *applied by* says whether a change takes effect on a reload (`systemctl reload praas-pat-agent`) or on a',
    'restart. To switch TLS on or off, restart.',
    ...tables,
    '',
    '## Old names',
    '',
    'Old names still work, in the file and in the environment. `praas config show` and `praas doctor` report them.',
    '',
    '| old name | name | old variable | variable |',
    '|---|---|---|---|',
    ...renamed.map(({ fullName, variable, oldVariable = '', key }) =>
      row(...[key.formerly ?? '', fullName, oldVariable, variable].map((text) => `\`${text}\``)),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function keyRow({ name, variable, key }: DeclaredKey): string {
  const { description, fallback, kind, isReloadable } = key;
  const code = (text: string): string => (text === '' ? 'empty' : `\`${text}\``);
  const appliedBy = isReloadable ? 'reload' : 'restart';
  return row(code(name), code(fallback), code(variable), appliedBy, `${description}; ${kind.allowed}`);
}

/** Takes docs/policy.md, gives it with the table of today's actions. */
export function renderPolicy(page: string): string {
  const rows = Object.entries(ACTIONS).map(([action, { level, description }]) =>
    row(`\`${action}\``, level, description),
  );
  const table = ['| action | least level | meaning |', '|---|---|---|', ...rows].join('\n');
  return page.replace(/^\| action \|[^\n]*\n(?:\|[^\n]*\n)*/m, () => `${table}\n`);
}

/** What is made, by path below the repository. */
export function renderPages(manifest: Manifest): Readonly<Record<string, string>> {
  return {
    'docs/cli.md': renderCli(manifest),
    'docs/configuration.md': renderConfiguration(),
    'docs/policy.md': renderPolicy(readFileSync(`${ROOT}/docs/policy.md`, 'utf8')),
    'share/praas.conf': renderSample(SECTIONS),
    'share/completions/praas.bash': renderBash(manifest),
    'share/completions/_praas': renderZsh(manifest),
    'share/man/praas.8': renderMan(manifest),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(renderPages(readManifest()))) writeFileSync(`${ROOT}/${path}`, text);
}
