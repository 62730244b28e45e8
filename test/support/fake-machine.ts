/**
 * A machine for the demonstration on which nothing is real: namespaces are names, praas keeps a list, curl looks into it,
 * peers send fixed replies. It refuses commands that it does not know. `broken` names what praas only pretends to do here.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { cidrContains } from '../../src/core/values/ipv4.ts';
import type { Command, Exec, ExecResult } from '../../src/system/exec.ts';

export type Broken = 'create' | 'update' | 'delete' | 'end sessions' | 'rules';

interface Published {
  readonly id: string;
  readonly name: string;
  readonly server_ip: string;
  router_port: number;
  allowed: string | undefined;
}

const done = (stdout = ''): ExecResult => ({ exitCode: 0, stdout, stderr: '' });
const refused: ExecResult = { exitCode: 7, stdout: '', stderr: 'curl: (7) Failed to connect\n' };

export class FakeMachine {
  readonly namespaces = new Set<string>();
  readonly commands: string[] = [];
  /** Called with every command line before it runs; may throw. */
  before: (line: string) => void = () => undefined;
  readonly #broken: Broken | undefined;
  readonly #mappings: Published[] = [];
  #nextId = 1;

  constructor(broken?: Broken) {
    this.#broken = broken;
  }

  readonly exec: Exec = async (command) => {
    const line = [command.file, ...command.args].join(' ');
    this.commands.push(line);
    this.before(line);
    if (command.file === 'flock') return done();
    if (command.file === 'praas') return this.#praas(command.args.slice(1));
    if (command.file === 'ip') return this.#ip(command);
    throw new Error(`unexpected: ${line}`);
  };

  async #ip({ args, input = '' }: Command): Promise<ExecResult> {
    if (args[0] === '-n') return done();
    if (args.includes('-batch')) return this.#batch(input);
    const [, verb, namespace = '', ...program] = args;
    if (verb === 'list') return done([...this.namespaces].map((name) => `${name} (id: 0)\n`).join(''));
    if (!this.namespaces.has(namespace)) return { exitCode: 1, stdout: '', stderr: `no namespace ${namespace}` };
    if (program[0] === 'praas') return this.#peer(program.at(-1) ?? '', program.at(-3) ?? '');
    if (program[0] === 'curl') return this.#curl(program);
    if (program[0] === 'sysctl') return done();
    return done(this.#broken === 'rules' ? '' : this.#mappings.map(({ id }) => `praas:${id}\n`).join(''));
  }

  #batch(input: string): ExecResult {
    for (const [, verb, name = ''] of input.matchAll(/^netns (add|del) (\S+)$/gm)) {
      if (verb === 'del') this.namespaces.delete(name);
      else if (this.namespaces.has(name)) return { exitCode: 1, stdout: '', stderr: `${name}: File exists\n` };
      else this.namespaces.add(name);
    }
    return done();
  }

  #praas([verb, ...args]: readonly string[]): ExecResult {
    const option = (name: string): string | undefined => args[args.indexOf(name) + 1 || args.length];
    if (verb === 'list') return done(args.includes('--json') ? JSON.stringify(this.#mappings) : this.#table());
    if (verb === this.#broken) return done();
    if (verb === 'create') {
      this.#mappings.push({
        id: `${String(this.#nextId++).padStart(8, '0')}-0000-4000-8000-000000000000`,
        name: option('--name') ?? '',
        server_ip: option('--server-ip') ?? '',
        router_port: Number(option('--router-port') ?? 4000),
        allowed: undefined,
      });
      return done();
    }
    const named = this.#mappings.filter(({ id }) => args.some((arg) => id.startsWith(arg)));
    if (named.length === 0) return { exitCode: 1, stdout: '', stderr: `no mapping ${args.join(' ')}` };
    for (const mapping of named) {
      if (verb === 'delete') this.#mappings.splice(this.#mappings.indexOf(mapping), 1);
      mapping.router_port = Number(option('--router-port') ?? mapping.router_port);
      mapping.allowed = args.includes('--clear-allow') ? undefined : option('--allow');
    }
    return done();
  }

  #table(): string {
    return this.#mappings.map(({ name, server_ip }) => `${name} ${server_ip}\n`).join('');
  }

  #curl(args: readonly string[]): ExecResult {
    const source = args.includes('--interface') ? (args[args.indexOf('--interface') + 1] ?? '') : '203.0.113.2';
    const port = Number(new URL(args.at(-1) ?? '').port);
    const mapping = this.#mappings.find(({ router_port }) => router_port === port);
    if (mapping === undefined) return refused;
    if (mapping.allowed !== undefined && !cidrContains(mapping.allowed, source)) return refused;
    return done(`web says hello to ${source}\n`);
  }

  /** Speaks the protocol of a peer until its socket closes. */
  #peer(path: string, name: string): Promise<ExecResult> {
    const socket = connect(path, () => socket.write(`${JSON.stringify({ name })}\n`));
    createInterface({ input: socket }).on('line', (line) => {
      const { id, ...request }: { id: number } = JSON.parse(line);
      socket.write(`${JSON.stringify({ id, ...this.#responseTo(request) })}\n`);
    });
    return new Promise((resolve) => socket.on('close', () => resolve(done())));
  }

  #responseTo(request: object): object {
    if ('open' in request) return { connection: 1, reply: 'SSH-2.0-demo' };
    if (!('send' in request)) return { done: true };
    const published = this.#mappings.some(({ name }) => name === 'ssh') || this.#broken === 'end sessions';
    return published ? { reply: 'db sees 203.0.113.2', seenPort: 40_000 } : { error: 'reset' };
  }
}
