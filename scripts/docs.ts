// Writes the pages of docs/ that are made from the program: cli.md from oclif.manifest.json, configuration.md from the
// table of keys. Run it after a change of commands or keys; test/docs.test.ts fails while a page is not as rendered here.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KEY_NAMES, KEYS, variableOf } from '../src/config/keys.ts';
import { renderSettings } from '../src/config/render.ts';

/** What oclif.manifest.json says of a flag or an argument, as far as people need it. */
interface Input {
  readonly name: string;
  readonly char?: string;
  readonly type?: 'boolean' | 'option';
  readonly description?: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly env?: string;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
  readonly required?: boolean;
}

interface CommandEntry {
  readonly id: string;
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, Input>>;
  readonly flags: Readonly<Record<string, Input>>;
}

export interface Manifest {
  readonly commands: Readonly<Record<string, CommandEntry>>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = 'praas';
const NOTE = '<!-- Made by scripts/docs.ts. Do not edit: run it again. -->';
/** Help groups of flags that many commands share: they are explained once. */
const SHARED = ['OUTPUT', 'GLOBAL'];

const titleOf = (id: string): string => `${BIN} ${id.replaceAll(':', ' ')}`;
const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

/** Takes the manifest, gives docs/cli.md: every command that is meant for people. */
export function renderCli({ commands }: Manifest): string {
  const shown = Object.values(commands).filter(({ hidden }) => hidden !== true);
  const shared = new Map(shown.flatMap(({ flags }) => sharedOf(flags).map((flag) => [flag.name, flag])));
  const lines = [
    NOTE,
    '',
    '# Commands',
    '',
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 128 and the signal's number when interrupted. With `--json` an",
    'error is JSON on standard output: `{"error": {"code", "message", "next_steps", "facts"}}`, with the codes of',
    '[errors.md](errors.md).',
    '',
    'Flags of many commands, named there:',
    '',
    ...flagTable([...shared.values()]),
    ...shown.flatMap(commandLines),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ id, summary = '', description, examples = [], args, flags, strict }: CommandEntry): string[] {
  const others = sharedOf(flags);
  const own = Object.values(flags).filter((flag) => !others.includes(flag));
  const named = Object.values(args).map((arg) => argText(arg, strict === false));
  const needed = own.filter(({ required }) => required === true).map(usageText);
  const usage = [titleOf(id), ...named, ...needed, '[flags]'].join(' ');
  return [
    '',
    `## ${titleOf(id)}`,
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
      ? [`${own.length > 0 ? 'Also' : 'Flags'}: ${others.map(({ name }) => `\`--${name}\``).join(', ')}.`]
      : []),
    ...(examples.length > 0
      ? ['', 'Examples:', '', '```', ...examples.map((text) => exampleText(text, id)), '```']
      : []),
  ];
}

function flagTable(flags: readonly Input[]): string[] {
  if (flags.length === 0) return [];
  const rows = byName(flags).map((flag) =>
    row(`\`${flagText(flag)}\``, [flag.description ?? '', ...remarks(flag)].join('; ')),
  );
  return ['| flag | |', '|---|---|', ...rows];
}

function remarks({ required, default: value, env }: Input): string[] {
  const hasDefault = value !== undefined && !(Array.isArray(value) && value.length === 0);
  return [
    ...(required === true ? ['required'] : []),
    ...(hasDefault ? [`default ${String(value)}`] : []),
    ...(env === undefined ? [] : [`environment \`${env}\``]),
  ];
}

/** `-p, --port PORT` */
function flagText(flag: Input): string {
  return `${flag.char === undefined ? '' : `-${flag.char}, `}${usageText(flag)}`;
}

/** `--port PORT` */
function usageText({ name, type, helpValue, options, multiple }: Input): string {
  const value = type === 'boolean' ? '' : ` ${helpValue ?? (options ? options.join('|') : name.toUpperCase())}`;
  return `--${name}${value}${multiple === true ? ' …' : ''}`;
}

function argText({ name, required }: Input, isRepeatable: boolean): string {
  const text = `${name.toUpperCase()}${isRepeatable ? '…' : ''}`;
  return required === true ? text : `[${text}]`;
}

function exampleText(text: string, id: string): string {
  return text.replaceAll('<%= config.bin %>', BIN).replaceAll('<%= command.id %>', id.replaceAll(':', ' '));
}

function byName(flags: readonly Input[]): Input[] {
  return flags.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

function sharedOf(flags: CommandEntry['flags']): Input[] {
  return byName(Object.values(flags).filter(({ helpGroup = '' }) => SHARED.includes(helpGroup)));
}

/** Gives docs/configuration.md: every key with its default, what it may be, and its variable. */
export function renderConfiguration(): string {
  const rows = KEY_NAMES.map((name) => {
    const { description, fallback, kind } = KEYS[name];
    return row(`\`${name}\``, `\`${fallback}\``, `\`${variableOf(name)}\``, `${description}; ${kind.allowed}`);
  });
  const example = renderSettings([
    { key: 'router_port_range', value: '4000:4999   # a comment needs a blank in front of it' },
    { key: 'backend', value: 'nftables' },
  ]);
  const lines = [
    NOTE,
    '',
    '# Configuration',
    '',
    'praas reads `/usr/local/etc/praas/praas.conf`, or the file that `--config` or the environment variable `PRAAS_CONFIG`',
    'names. Only the standard file may be missing. Every key has a default and can be overridden by an environment variable;',
    'an empty variable counts as unset. `praas config show` lists the values in force and where each comes from.',
    '',
    '```ini',
    example.trimEnd(),
    '```',
    '',
    'An unknown section or key, a key given twice and a value that is not allowed are errors that name file, line and key.',
    'A file with all keys, commented out, is `share/praas.conf`.',
    '',
    '| key | default | environment | meaning; allowed |',
    '|---|---|---|---|',
    ...rows,
  ];
  return `${lines.join('\n')}\n`;
}

/** The pages, by path below the repository. */
export function renderPages(manifest: Manifest): Readonly<Record<string, string>> {
  return { 'docs/cli.md': renderCli(manifest), 'docs/configuration.md': renderConfiguration() };
}

if (import.meta.main) {
  const manifest = JSON.parse(readFileSync(`${ROOT}/oclif.manifest.json`, 'utf8')) as Manifest;
  for (const [path, text] of Object.entries(renderPages(manifest))) writeFileSync(`${ROOT}/${path}`, text);
}
