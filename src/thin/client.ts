/**
 * Answers the plain forms of common commands from the daemon of this node, without oclif and zod, which take most of the time of
 * a short command. Whatever is not plain is left to oclif, with nothing printed and nothing changed: an unknown word, a variable
 * that stands for an option, a configuration with an error, no daemon, an answer other than the whole result.
 */
import { type Column, chooseColumns, type Format, renderList, renderRecord } from '../commands/output/rows.ts';
import { loadConfig } from '../compose/config.ts';
import { get } from './exchange.ts';
import { FORMS, type Form, requestPath } from './forms.ts';
import { type Check, shaped } from './shape.ts';
import { holdSignals } from './signals.ts';
import { type PlainOption, type PlainWords, plainWords } from './words.ts';

/** Of one command, made from the manifest and the schemas of the client when the executable is built. */
interface CommandFacts {
  readonly options: Readonly<Record<string, PlainOption>>;
  /** Variables that stand for one of its options. */
  readonly variables: readonly string[];
  readonly check: Check;
}

export interface Facts {
  /** As `praas --version` shows it, without platform and Node. */
  readonly version: string;
  /** By ID. */
  readonly commands: Readonly<Record<string, () => CommandFacts>>;
}

/** The parts of the process that the client looks at. */
interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
}

/** Takes the words behind `praas`. Gives the result as the command prints it; undefined, with nothing done, when oclif is to answer. */
export async function answer(
  words: readonly string[],
  facts: Facts,
  around: Surroundings,
): Promise<string | undefined> {
  const [id, rest] = commandOf(words);
  const form = FORMS[id];
  const command = facts.commands[id]?.();
  if (form === undefined || command === undefined || (form.isForRoot && !around.isRoot)) return undefined;
  if (command.variables.some((name) => around.env[name])) return undefined;
  const plain = plainWords(rest, command.options);
  const path = plain && requestPath(form, plain);
  const columns = plain && columnsOf(form, plain);
  if (plain === undefined || path === undefined || columns === undefined) return undefined;
  const socketPath = await socketPathOf(plain.options.get('config')?.[0], around.env);
  const body = socketPath && (await holdSignals((onStop) => get(socketPath, path, onStop)));
  const result = body && resultOf(form, plain, shaped(command.check, body));
  return result ? textOf(columns, plain, result) : undefined;
}

/** The ID of the command that the first words name, of one or two words, and the words behind it. */
function commandOf(words: readonly string[]): [string, readonly string[]] {
  const [first = '', second = ''] = words;
  // Of two words, the ID has a colon between them.
  if (first.includes(':')) return ['', words];
  return Object.hasOwn(FORMS, first) ? [first, words.slice(1)] : [`${first}:${second}`, words.slice(2)];
}

// biome-ignore lint/suspicious/noExplicitAny: as in FORMS
function columnsOf({ columns, listed }: Form, { options }: PlainWords): readonly Column<any>[] | undefined {
  const titles = columns.map(({ title }) => title);
  const chosen = chooseColumns(columns, options.get('column') ?? [], listed ?? titles);
  return 'unknown' in chosen ? undefined : chosen;
}

/** Undefined where the configuration has an error. */
async function socketPathOf(path: string | undefined, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    return (await loadConfig({ env, path })).config.socket_path;
  } catch {
    return undefined;
  }
}

/** Undefined where there is more to say than the result. */
function resultOf(form: Form, words: PlainWords, body: unknown): unknown {
  const { [form.field]: result, failures = [], warnings = [] } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if ([failures, warnings].flat().length > 0 || result === undefined) return undefined;
  if (!Array.isArray(result)) return result;
  if (result.length === 0 && form.mayBeUnknown?.(words)) return undefined;
  return form.shows === undefined ? result : result.filter((record) => form.shows?.(record, words));
}

// biome-ignore lint/suspicious/noExplicitAny: as in FORMS
async function textOf(columns: readonly Column<any>[], { options }: PlainWords, result: unknown): Promise<string> {
  if (options.has('json')) return JSON.stringify(result, undefined, 2);
  const format = (options.get('format')?.[0] ?? 'table') as Format;
  return Array.isArray(result) ? renderList(format, columns, result) : renderRecord(format, columns, result);
}
