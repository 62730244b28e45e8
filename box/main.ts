/** The commands of the box; see README.md. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { LabError, run } from '../lab/shell.ts';
import { base, makeBase, removeBase } from './base.ts';
import { boot, cut, keeperOf, shutDown, stateOf } from './box.ts';
import { copyIn, copyOut, leaderOf, start } from './inside.ts';

const USAGE = `usage: box COMMAND [NAME] (NAME: box)
  up [NAME]                 a box that runs; after down the same one
  exec [-n NAME] FILE ARG…  a program in it, as root
  cp NAME:FROM TO           a file out of it; cp FROM NAME:TO into it
  reboot [NAME]             in good order
  cut [NAME]                as when the power fails; up brings it back
  down [NAME]               switches it off
  wipe [NAME | --all]       forgets it, and with --all the files that all begin with`;

const PLACE = '/run/praas-box';
const END_MS = 50;

type Command = (name: string, words: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  base: makeBase,
  async up(name) {
    if (leaderOf(name) !== undefined) return;
    if (!isKept(name)) await keep(name);
    const systemd = await boot(name, (word) => tell(name, word));
    console.log(`${name}: ${await stateOf(systemd)}`);
  },
  async exec(_, words) {
    const [box = '', argv] = words[0] === '-n' ? [words[1], words.slice(2)] : ['box', words];
    if (argv.length === 0) throw new LabError(USAGE);
    const [code] = await once(start(leader(box), argv, 'inherit'), 'close');
    process.exitCode = code ?? 1;
  },
  async cp(_, [from = '', to = '']) {
    const [, source, path] = /^([a-z0-9-]+):(.*)$/.exec(from) ?? [];
    const [, target, place] = /^([a-z0-9-]+):(.*)$/.exec(to) ?? [];
    if (source !== undefined && path !== undefined) process.exitCode = await copyOut(leader(source), path, to);
    else if (target !== undefined && place !== undefined) {
      const { exitCode, stderr } = await copyIn(leader(target), from, place);
      process.stderr.write(stderr);
      process.exitCode = exitCode;
    } else throw new LabError(USAGE);
  },
  async reboot(name) {
    await shutDown(name);
    await boot(name, (word) => tell(name, word));
  },
  cut,
  down: shutDown,
  async wipe(name) {
    if (name === '--all') return removeBase();
    if (isKept(name)) tell(name, 'end');
    // Its keeper still clears up when the last process has ended, and would do so below another box of that name.
    while (isKept(name)) await setTimeout(END_MS);
    rmSync(wireOf(name), { force: true });
  },
};

/** What is written there, the keeper reads. It has it open for writing too, so it does not see an end. */
function wireOf(name: string): string {
  return `${PLACE}/${name}`;
}

/** Its keeper reads. One that was killed has left the wire, and a word on that would wait for ever. */
function isKept(name: string): boolean {
  try {
    closeSync(openSync(wireOf(name), constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function tell(name: string, word: string): void {
  if (!isKept(name)) throw new LabError(`there is no box ${name}: box up ${name}`);
  writeFileSync(wireOf(name), `${word}\n`);
}

async function keep(name: string): Promise<void> {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new LabError('a name is of small letters, digits and dashes');
  const tree = await base();
  mkdirSync(PLACE, { recursive: true });
  rmSync(wireOf(name), { force: true });
  await run(['mkfifo', wireOf(name)]);
  const [input, log] = [openSync(wireOf(name), 'r+'), openSync(`/var/log/praas-box-${name}.log`, 'w')];
  const [file, ...argv] = keeperOf(name, tree);
  spawn(file, argv, { detached: true, stdio: [input, log, log] }).unref();
}

function leader(name: string): number {
  const pid = leaderOf(name);
  if (pid === undefined) throw new LabError(`the box ${name} does not run: box up ${name}`);
  return pid;
}

const [command = 'help', ...words] = process.argv.slice(2);
try {
  const found = COMMANDS[command];
  if (!found) console.log(USAGE);
  else if (process.getuid?.() === 0) await found(words[0] ?? 'box', words);
  else throw new LabError('it starts machines: run it as root');
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`box: ${error.message}`);
  process.exitCode = 1;
}
