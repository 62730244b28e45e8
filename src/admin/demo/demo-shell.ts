/** Runs the commands of the demonstration, shows them with their output, and ends it when a result is not the expected one. */
import { parseJson } from '../../core/values/json.ts';
import type { Command, Exec, ExecResult } from '../../system/exec.ts';
import { praasError } from '../errors.ts';
import type { DemoOutput } from './demo-output.ts';
import type { PeerController } from './peer-controller.ts';
import type { WorldNamespaces } from './plan.ts';

const CURL = ['curl', '-sS', '--max-time', '2'];
/** The exit codes for a refused connection and for a time-out. */
const CURL_NO_CONNECTION: readonly number[] = [7, 28];

interface DemoShellParts {
  readonly exec: Exec;
  readonly output: DemoOutput;
  /** The command line that runs praas. */
  readonly praasCommand: readonly string[];
  readonly namespaces: WorldNamespaces;
  readonly client: Pick<PeerController, 'open'>;
}

/** What the demonstration has to know of a mapping, as praas reports it. */
interface PublishedMapping {
  readonly id: string;
  readonly router_port: number;
}

export class DemoShell {
  readonly output: DemoOutput;
  readonly namespaces: WorldNamespaces;
  /** Outside of the router; for connections that curl cannot make. */
  readonly client: Pick<PeerController, 'open'>;
  readonly #exec: Exec;
  readonly #praasCommand: readonly string[];

  constructor({ exec, output, praasCommand, namespaces, client }: DemoShellParts) {
    this.#exec = exec;
    this.output = output;
    this.#praasCommand = praasCommand;
    this.namespaces = namespaces;
    this.client = client;
  }

  /** Runs praas and gives what it has printed. Throws DEMO_FAILED when it fails. */
  async praas(...args: readonly string[]): Promise<string> {
    return this.#runOrFail(lineOf({ file: 'praas', args }), this.#praas(args));
  }

  /** Runs a program in the namespace of the router and gives what it has printed. Throws DEMO_FAILED when it fails. */
  async inRouter(...args: readonly string[]): Promise<string> {
    const command = inNamespace(this.namespaces.router, args);
    return this.#runOrFail(lineOf(command), command);
  }

  /** Checks that curl from outside gets exactly this response. Throws DEMO_FAILED when it does not. */
  async expectResponse(url: string, response: string, options: readonly string[] = []): Promise<void> {
    const command = inNamespace(this.namespaces.client, [...CURL, ...options, url]);
    const { exitCode, stdout, stderr } = await this.#show(lineOf(command), command);
    const isExpected = exitCode === 0 && stdout.trim() === response;
    this.check(lineOf(command), isExpected, `expected “${response}”, got “${(stdout + stderr).trim()}”`);
  }

  /** Checks that curl from outside gets no connection. Throws DEMO_FAILED when it gets one, or fails for another reason. */
  async expectNoConnection(url: string, options: readonly string[] = []): Promise<void> {
    const command = inNamespace(this.namespaces.client, [...CURL, ...options, url]);
    const { exitCode, stdout, stderr } = await this.#show(lineOf(command), command);
    const isExpected = CURL_NO_CONNECTION.includes(exitCode);
    this.check(lineOf(command), isExpected, `expected no connection, got “${(stdout + stderr).trim()}”`);
  }

  /** The mapping with that name, without showing the command. Throws DEMO_FAILED when there is none. */
  async find(name: string): Promise<PublishedMapping> {
    const list = ['pat', 'list', '--router', this.namespaces.router, '--json'];
    const { stdout, stderr } = await this.#exec(this.#praas(list));
    const mapping = parseList(stdout).find((each) => each.name === name);
    if (mapping !== undefined) return mapping;
    const output = `no mapping ${name}: ${stdout}${stderr}`;
    throw praasError('DEMO_FAILED', { step: 'praas pat list --json', output });
  }

  /** Throws DEMO_FAILED unless the condition holds. */
  check(step: string, isExpected: boolean, output: string): void {
    if (!isExpected) throw praasError('DEMO_FAILED', { step, output });
  }

  #praas(args: readonly string[]): Command {
    const [file = '', ...before] = this.#praasCommand;
    return { file, args: [...before, ...args] };
  }

  async #runOrFail(line: string, command: Command): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#show(line, command);
    this.check(line, exitCode === 0, stderr.trim() || `exit code ${exitCode}`);
    return stdout;
  }

  async #show(line: string, command: Command): Promise<ExecResult> {
    this.output.command(line);
    const result = await this.#exec(command);
    this.output.output(result.stdout);
    this.output.output(result.stderr);
    return result;
  }
}

function inNamespace(namespace: string, args: readonly string[]): Command {
  return { file: 'ip', args: ['netns', 'exec', namespace, ...args] };
}

function lineOf({ file, args }: Command): string {
  return [file, ...args].map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
}

function parseList(text: string): readonly (PublishedMapping & { readonly name: string })[] {
  return (parseJson(text) ?? []) as readonly (PublishedMapping & { readonly name: string })[];
}
