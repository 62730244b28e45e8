// share/man/praas.8: what docs/cli.md and docs/configuration.md say, for `man praas`.
import { ACTIONS } from '../src/compose/actions.ts';
import { SECTIONS } from '../src/compose/config.ts';
import { NODE_KEYS } from '../src/compose/node-keys.ts';
import { LEVELS } from '../src/core/identity/requester.ts';
import { declaredKeys } from '../src/core/settings/sections.ts';
import {
  argText,
  BIN,
  byName,
  type CommandEntry,
  exampleText,
  flagText,
  type Input,
  type Manifest,
  readPackage,
  remarks,
  shownOf,
  wordsOf,
} from './commands.ts';

/** When the words of this file were last changed: a page has to have a date, and may not change by itself. */
const DATE = '2026-11-29';
const WIDTH = 78;
/** Help groups of options that many commands share, each explained once. */
const SHARED = { GLOBAL: 'Common options', OUTPUT: 'Output options', OPENSTACK: 'OpenStack options' } as const;
const FILES = ['clouds_path', 'policy_path', 'tokens_path', 'state_dir', 'log_dir', 'socket_path'] as const;
const EXAMPLES = ['pat:create', 'pat:list', 'pat:check', 'pat:delete', 'router:list', 'events'];

const sharedGroup = ({ helpGroup = '' }: Input): boolean => helpGroup in SHARED;
const capital = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;

/** Takes the manifest, gives the page. */
export function renderMan(manifest: Manifest): string {
  const { version, description } = readPackage();
  const commands = shownOf(manifest);
  const lines = [
    '.\\" Made by scripts/docs.ts. Do not edit: run it again.',
    `.TH PRAAS 8 ${DATE} "praas ${version}" "System Administration"`,
    '.SH NAME',
    ...wrapped(`${BIN} - ${description.replace(/^P/, 'p')}`),
    '.SH SYNOPSIS',
    '.B praas',
    '.I command',
    '.RI [ argument \\&... ]',
    '.RI [ option \\&... ]',
    '.SH DESCRIPTION',
    ...wrapped(
      '203.0.113.10:4022 on an OpenStack router is forwarded to 10.20.0.51:22 in the network behind it; no floating IP is ' +
        "needed. Mappings are stored durably and applied in the kernel beside Neutron's rules. The PAT agent (`praas serve`, " +
        'the service praas-pat-agent) reconciles the rules; the monitor agent (`praas monitor`, praas-monitor-agent) updates ' +
        'mappings when their servers change. Commands send their requests to the PAT agent where one runs.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH OPTIONS OF MANY COMMANDS',
    ...Object.entries(SHARED).flatMap(([group, title]) => [`.SS ${title}`, ...flagLines(flagsOf(commands, group))]),
    ...closing(commands),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: CommandEntry): string[] {
  const { summary = '', description, args, flags, strict } = command;
  const own = Object.values(flags).filter((flag) => !sharedGroup(flag) && flag.hidden !== true);
  const groups = Object.entries(SHARED).filter(([group]) =>
    Object.values(flags).some((flag) => flag.helpGroup === group),
  );
  const named = Object.values(args).map((arg) => argText(arg, strict === false));
  return [
    `.SS ${[BIN, wordsOf(command), ...named].map(escaped).join(' ')}`,
    ...wrapped(`${capital(summary)}.`),
    ...(description === undefined ? [] : ['.PP', ...wrapped(description)]),
    ...Object.values(args).flatMap((arg) => item(`\\fI${arg.name.toUpperCase()}\\fR`, [arg.description ?? ''])),
    ...flagLines(own),
    ...(groups.length === 0 ? [] : ['.PP', `Also: ${groups.map(([, title]) => title).join(', ')}.`]),
  ];
}

/** What follows the commands. */
function closing(commands: readonly CommandEntry[]): string[] {
  const variables = new Map(
    commands
      .flatMap(({ flags }) => Object.values(flags))
      .flatMap((flag) => (flag.env === undefined ? [] : [[flag.env, `the same as \`--${flag.name}\``] as const])),
  );
  const examples = commands.filter(({ id }) => EXAMPLES.includes(id));
  return [
    '.SH FILES',
    ...item('\\fI/usr/local/etc/praas/praas.conf\\fR', ['the configuration; no file is needed']),
    ...FILES.flatMap((name) => item(`\\fI${escaped(NODE_KEYS[name].fallback)}\\fR`, [NODE_KEYS[name].description])),
    '.SH POLICY',
    ...policyLines(),
    '.SH ENVIRONMENT',
    ...[...variables]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, text]) => item(`\\fB${escaped(name)}\\fR`, [text])),
    ...item('\\fBPRAAS_TOKEN\\fR', ['the token for `--url`']),
    ...item('\\fBOS_*\\fR', ['those of the openstack client']),
    '.PP',
    'An environment variable overrides each key of praas.conf:',
    ...wrapped(
      `${declaredKeys(SECTIONS)
        .map(({ variable }) => variable)
        .join(', ')}.`,
    ),
    '.SH EXIT STATUS',
    ...item('0', ['success']),
    ...item('1', ['refused or failed; nothing has changed, unless the error says otherwise']),
    ...item('2', ['wrong usage']),
    ...item('128 and more', ["128 and the signal's number: interrupted"]),
    '.SH EXAMPLES',
    '.nf',
    ...examples.flatMap((command) =>
      (command.examples ?? []).map((text) => guarded(escaped(exampleText(text, command)))),
    ),
    '.fi',
    '.SH SEE ALSO',
    ['conntrack', 'ip-netns', 'iptables', 'nft'].map((name) => `.BR ${escaped(name)} (8),`).join('\n'),
    '.BR systemctl (1)',
  ];
}

/** What may stand in the policy file. */
function policyLines(): string[] {
  return [
    ...wrapped(
      'The policy file, in YAML, overrides the least level of actions of the API. ' +
        `Key \`actions\`: actions with a level (${LEVELS.join(', ')}). ` +
        'The level none refuses an action to all requesters. ' +
        'Key `roles`: for reader, member and admin, the Keystone roles that count as it. ' +
        'The actions with their default levels:',
    ),
    ...Object.entries(ACTIONS).flatMap(([action, { level, description }]) =>
      item(`\\fB${escaped(action)}\\fR`, [level, description]),
    ),
  ];
}

function flagsOf(commands: readonly CommandEntry[], group: string): Input[] {
  const flags = commands.flatMap((command) => Object.values(command.flags)).filter((flag) => flag.helpGroup === group);
  return [...new Map(flags.map((flag) => [flag.name, flag])).values()];
}

function flagLines(flags: readonly Input[]): string[] {
  return byName(flags).flatMap((flag) => {
    const [words, value = ''] = flagText(flag).split(/ (?=[^-])(.*)/);
    const head = `\\fB${escaped(words ?? '')}\\fR${value === '' ? '' : ` \\fI${escaped(value)}\\fR`}`;
    return item(head, [flag.description ?? '', ...remarks(flag)]);
  });
}

function item(head: string, text: readonly string[]): string[] {
  return ['.TP', head, ...wrapped(text.join('; '))];
}

/** Every sentence on a line of its own, and none too long. Words between backticks are bold. */
function wrapped(text: string): string[] {
  const sentences = escaped(text)
    .replaceAll(/`([^`]+)`/g, '\\fB$1\\fR')
    .split(/(?<=\.) (?=[A-Z])/);
  return sentences.flatMap((sentence) => {
    const lines = [''];
    for (const word of sentence.split(' ')) {
      const line = lines.at(-1) ?? '';
      if (line !== '' && line.length + word.length >= WIDTH) lines.push(word);
      else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    }
    return lines.map(guarded);
  });
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '\\&...').replaceAll("'", '\\(aq');

/** A line that begins as a request of roff does is made an ordinary one. */
const guarded = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line);
