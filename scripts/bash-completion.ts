// share/completions/praas.bash: one line of data for each command, and one function that reads it.
import { byName, type CommandEntry, type Input, type Manifest, shownOf, wordsOf } from './commands.ts';
import { LOOKUPS, valueOf, wordTree } from './completion.ts';

const HEAD = `# Completion of praas for bash. Made by scripts/docs.ts. Do not edit: run it again.
# A flag is one word here: \`--json\` takes nothing, \`--name=\` anything, \`--role=admin|reader\` one of these, \`--config=@file\`
# a file, \`--router=@router\` one of those that there are.

_praas() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local words='' flags='' hidden='' arg='' flag names=''
  COMPREPLY=()
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1} " in`;

const TAIL = `    *) return ;;
  esac
  # \`--format=json\` comes as three words.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for flag in $flags $hidden; do
    if [[ $flag == "$prev="* ]]; then
      _praas_values "$1" "\${flag#*=}"
      return
    fi
  done
  if [[ $cur != -* ]]; then
    _praas_values "$1" "\${words:-$arg}"
    return
  fi
  # There are many hidden ones: they are shown to those who have begun to type one.
  [[ $cur == --?* ]] && flags+=" $hidden"
  for flag in $flags; do
    [[ $flag == --* ]] && names+=" \${flag%%=*}"
  done
  _praas_values "$1" "\${names# }"
}

# Fills COMPREPLY. Takes praas as it was typed, and what can stand there.
_praas_values() {
  local value
  case $2 in
    @file) compopt -o default 2>/dev/null ;;
LOOKUPS
    *) mapfile -t COMPREPLY < <(compgen -W "\${2//|/ }" -- "$cur") ;;
  esac
}

# The only time that praas is asked. The IDs of another machine, at --url, are not asked for.
_praas_ids() {
  local id
  [[ " \${COMP_WORDS[*]} " == *' --url '* ]] && return
  while read -r id; do
    [[ $id == "$cur"* && $id =~ ^[A-Za-z0-9._-]+$ ]] && COMPREPLY+=("$id")
  done < <("\${1/#\\~/$HOME}" $2 -f value -c "$3" </dev/null 2>/dev/null)
}

complete -F _praas praas
`;

/** Takes the manifest, gives the script. */
export function renderBash(manifest: Manifest): string {
  const topics = [...wordTree(manifest)].map(([first, below]) =>
    oneCase(first === '' ? "' '" : `'${first} '`, {
      words: below.map(({ word }) => word).join('|'),
      flags: first === '' ? '--help --version' : '--help',
    }),
  );
  const commands = shownOf(manifest).map((command) => oneCase(`'${wordsOf(command)} '*`, dataOf(command)));
  const lookups = Object.entries(LOOKUPS).map(
    ([name, { command, column }]) => `    @${name}) _praas_ids "$1" '${command}' '${column}' ;;`,
  );
  return [HEAD, ...topics, ...commands, TAIL.replace('LOOKUPS', lookups.join('\n'))].join('\n');
}

function dataOf(command: CommandEntry): Readonly<Record<string, string>> {
  const flags = byName(Object.values(command.flags));
  const words = (some: readonly Input[]): string => some.flatMap((flag) => flagWords(flag, command)).join(' ');
  const [arg] = Object.values(command.args);
  return {
    flags: `${words(flags.filter(({ hidden }) => hidden !== true))} --help`,
    hidden: words(flags.filter(({ hidden }) => hidden === true)),
    arg: arg === undefined ? '' : valueText(arg, command),
  };
}

function flagWords(flag: Input, command: CommandEntry): string[] {
  const value = flag.type === 'boolean' ? '' : `=${valueText(flag, command)}`;
  return [
    ...(flag.char === undefined ? [] : [`-${flag.char}${value}`]),
    `--${flag.name}${value}`,
    ...(flag.allowNo === true ? [`--no-${flag.name}`] : []),
  ];
}

function valueText(input: Input, command: CommandEntry): string {
  const value = valueOf(input, command);
  if (value.kind === 'words') return value.words.join('|');
  if (value.kind === 'lookup') return `@${value.lookup}`;
  return value.kind === 'file' ? '@file' : '';
}

/** A branch that sets what there is to set. */
function oneCase(pattern: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).flatMap(([name, text]) => (text === '' ? [] : [`      ${name}='${text}'`]));
  return [`    ${pattern})`, ...lines, '      ;;'].join('\n');
}
