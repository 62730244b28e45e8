// The commands as oclif.manifest.json has them, for what is made from it: pages, completions, the man page.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the manifest says of a flag or an argument, as far as people need it. */
export interface Input {
  readonly name: string;
  /** There is --no-NAME as well. */
  readonly allowNo?: boolean;
  readonly char?: string;
  readonly type?: 'boolean' | 'option';
  readonly description?: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly env?: string;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
  readonly required?: boolean;
}

export interface CommandEntry {
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

/** What of package.json is made into something. */
export interface Package {
  readonly version: string;
  readonly description: string;
  readonly oclif: { readonly topics: Readonly<Record<string, { readonly description: string }>> };
}

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));
export const BIN = 'praas';

export const readManifest = (): Manifest => JSON.parse(readFileSync(`${ROOT}/oclif.manifest.json`, 'utf8')) as Manifest;
export const readPackage = (): Package => JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as Package;

/** Those that are meant for people. */
export const shownOf = ({ commands }: Manifest): CommandEntry[] =>
  Object.values(commands).filter(({ hidden }) => hidden !== true);

/** `pat create` */
export const wordsOf = ({ id }: Pick<CommandEntry, 'id'>): string => id.replaceAll(':', ' ');

export function byName(flags: readonly Input[]): Input[] {
  return flags.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** `-p, --port PORT`; `--start, --no-start` */
export function flagText(flag: Input): string {
  const opposite = flag.allowNo === true ? `, --no-${flag.name}` : '';
  return `${flag.char === undefined ? '' : `-${flag.char}, `}${usageText(flag)}${opposite}`;
}

/** `--port PORT` */
export function usageText({ name, type, helpValue, options, multiple }: Input): string {
  const value = type === 'boolean' ? '' : ` ${helpValue ?? (options ? options.join('|') : name.toUpperCase())}`;
  return `--${name}${value}${multiple === true ? ' …' : ''}`;
}

/** What --help shows as usage: arguments and required options; the others are listed below it. */
export function usageOf({ args, flags, strict }: CommandEntry): string {
  const needed = Object.values(flags).filter(({ required }) => required === true);
  const words = [...Object.values(args).map((arg) => argText(arg, strict === false)), ...needed.map(usageText)];
  return ['<%= command.id %>', ...words, '[OPTIONS]'].join(' ');
}

export function argText({ name, required }: Input, isRepeatable: boolean): string {
  const text = `${name.toUpperCase()}${isRepeatable ? '…' : ''}`;
  return required === true ? text : `[${text}]`;
}

/** What has to be known of a flag beside its description. */
export function remarks({ required, default: value, env }: Input): string[] {
  const hasDefault = value !== undefined && !(Array.isArray(value) && value.length === 0);
  return [
    ...(required === true ? ['required'] : []),
    ...(hasDefault ? [`default ${String(value)}`] : []),
    ...(env === undefined ? [] : [`environment \`${env}\``]),
  ];
}

export function exampleText(text: string, command: Pick<CommandEntry, 'id'>): string {
  return text.replaceAll('<%= config.bin %>', BIN).replaceAll('<%= command.id %>', wordsOf(command));
}
