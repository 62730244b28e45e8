/**
 * The words of a command line in their plain form: each option by its whole name or its letter, with a value that is a word of
 * its own or follows `=`. Whatever else oclif understands is not read here, and is no error: oclif reads it then. Pure.
 */

/** An option that a form takes, as the manifest has it. */
export interface PlainOption {
  readonly letter?: string | undefined;
  /** It has no value. */
  readonly isSwitch: boolean;
  readonly isRepeatable: boolean;
  /** The values there are; left out: any. */
  readonly values?: readonly string[] | undefined;
}

/** The options that were given, by name. A switch has no value. */
export interface PlainWords {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

const NAMED = /^--(?<name>[a-z][a-z-]*)(?:=(?<value>.+))?$/s;
const LETTER = /^-(?<letter>[a-z])$/;

/** Takes the words behind the command. Undefined for a word that is not plain. */
export function plainWords(
  words: readonly string[],
  options: Readonly<Record<string, PlainOption>>,
): PlainWords | undefined {
  const args: string[] = [];
  const given = new Map<string, string[]>();
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (word === '') return undefined;
    if (!word.startsWith('-')) {
      args.push(word);
      continue;
    }
    const { name, attached } = optionOf(word, options);
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined || (option.isSwitch && attached !== undefined)) return undefined;
    const value = option.isSwitch ? '' : (attached ?? rest.shift());
    if (value === undefined || !isPlain(value, option)) return undefined;
    const values = given.get(name);
    if (values !== undefined && !option.isRepeatable) return undefined;
    given.set(name, [...(values ?? []), value]);
  }
  return { args, options: given };
}

function optionOf(
  word: string,
  options: Readonly<Record<string, PlainOption>>,
): { readonly name: string; readonly attached?: string | undefined } {
  const named = NAMED.exec(word)?.groups;
  if (named !== undefined) return { name: named['name'] ?? '', attached: named['value'] };
  const letter = LETTER.exec(word)?.groups?.['letter'];
  const [name = ''] =
    Object.entries(options).find(([, option]) => letter !== undefined && option.letter === letter) ?? [];
  return { name };
}

/** A value that begins with a dash may be an option in oclif's eyes. */
function isPlain(value: string, { isSwitch, values }: PlainOption): boolean {
  if (isSwitch) return true;
  return value !== '' && !value.startsWith('-') && (values === undefined || values.includes(value));
}
