/**
 * What the story does on the screen: runs real commands, shows them with their output, and stops the demonstration when
 * something is not as the story says.
 */
import type { Command, Exec, ExecResult } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import type { PeerController } from './controller.ts';
import type { Places } from './plan.ts';
import type { Screen } from './screen.ts';

const CURL = ['curl', '-sS', '--max-time', '2'];
/** Refused, and timed out. */
const CURL_NO_CONNECTION: readonly number[] = [7, 28];

export interface StageParts {
  readonly exec: Exec;
  readonly screen: Screen;
  /** The command line that runs praas. */
  readonly self: readonly string[];
  readonly places: Places;
  readonly client: Pick<PeerController, 'open'>;
}

/** What the story needs to know of a mapping; praas itself says it. */
export interface Published {
  readonly id: string;
  readonly router_port: number;
}

export class Stage {
  readonly screen: Screen;
  readonly places: Places;
  /** Stands outside; calls what curl cannot. */
  readonly client: Pick<PeerController, 'open'>;
  readonly #exec: Exec;
  readonly #self: readonly string[];

  constructor({ exec, screen, self, places, client }: StageParts) {
    this.#exec = exec;
    this.screen = screen;
    this.#self = self;
    this.places = places;
    this.client = client;
  }

  /** Runs praas and gives what it printed. Throws DEMO_FAILED when it fails. */
  async praas(...args: readonly string[]): Promise<string> {
    return this.#must(lineOf({ file: 'praas', args }), this.#praas(args));
  }

  /** Runs a program in the router's namespace and gives what it printed. Throws DEMO_FAILED when it fails. */
  async inRouter(...args: readonly string[]): Promise<string> {
    const command = inside(this.places.router, args);
    return this.#must(lineOf(command), command);
  }

  /** Shows that curl from outside hears exactly this. Throws DEMO_FAILED when not. */
  async expectAnswer(url: string, answer: string, options: readonly string[] = []): Promise<void> {
    const command = inside(this.places.client, [...CURL, ...options, url]);
    const { exitCode, stdout, stderr } = await this.#show(lineOf(command), command);
    const heard = exitCode === 0 && stdout.trim() === answer;
    this.check(lineOf(command), heard, `expected “${answer}”, got “${(stdout + stderr).trim()}”`);
  }

  /** Shows that curl from outside gets no connection. Throws DEMO_FAILED when it gets one, or fails otherwise. */
  async expectClosed(url: string, options: readonly string[] = []): Promise<void> {
    const command = inside(this.places.client, [...CURL, ...options, url]);
    const { exitCode, stdout, stderr } = await this.#show(lineOf(command), command);
    const closed = CURL_NO_CONNECTION.includes(exitCode);
    this.check(lineOf(command), closed, `expected no connection, got “${(stdout + stderr).trim()}”`);
  }

  /** The mapping of that name, asked for behind the scenes. Throws DEMO_FAILED when there is none. */
  async find(name: string): Promise<Published> {
    const { stdout, stderr } = await this.#exec(this.#praas(['pat', 'list', '--router', this.places.router, '--json']));
    const found = parseList(stdout).find((mapping) => mapping.name === name);
    if (found !== undefined) return found;
    throw praasError('DEMO_FAILED', {
      step: 'praas pat list --json',
      output: `no mapping ${name}: ${stdout}${stderr}`,
    });
  }

  /** Throws DEMO_FAILED unless it holds. */
  check(step: string, holds: boolean, otherwise: string): void {
    if (!holds) throw praasError('DEMO_FAILED', { step, output: otherwise });
  }

  #praas(args: readonly string[]): Command {
    const [file = '', ...before] = this.#self;
    return { file, args: [...before, ...args] };
  }

  async #must(line: string, command: Command): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#show(line, command);
    this.check(line, exitCode === 0, stderr.trim() || `exit code ${exitCode}`);
    return stdout;
  }

  async #show(line: string, command: Command): Promise<ExecResult> {
    this.screen.command(line);
    const result = await this.#exec(command);
    this.screen.output(result.stdout);
    this.screen.output(result.stderr);
    return result;
  }
}

function inside(namespace: string, args: readonly string[]): Command {
  return { file: 'ip', args: ['netns', 'exec', namespace, ...args] };
}

function lineOf({ file, args }: Command): string {
  return [file, ...args].map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
}

function parseList(text: string): readonly (Published & { readonly name: string })[] {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
