/**
 * A world of real network namespaces for one test, with a peer in each namespace that serves or connects. Names are random, so
 * that tests may run beside each other. Peers are processes, and one starts when it is first used. Needs root; without it the
 * first command fails, and the test with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { type ConnectOptions, PeerController } from '../../src/admin/demo/peer-controller.ts';
import {
  ADDRESSES,
  namespacesOf,
  standardPlan,
  type WorldNames,
  type WorldNamespaces,
} from '../../src/admin/demo/plan.ts';
import { World } from '../../src/admin/demo/world.ts';
import { createExec } from '../../src/system/exec.ts';

const PEER = new URL('./peer.mjs', import.meta.url).pathname;
const NEUTRON_RULES = new URL('./neutron-router.iptables-save', import.meta.url);
const TOOL_TIMEOUT_MS = 30_000;
/** A closed port mostly answers at once with a refusal; this is for the packets that are dropped. */
const CLOSED_MS = 300;
const WARM_TRIES = 20;
/** Nothing listens there, so the address itself refuses at once. */
const UNUSED_PORT = 1;
const CLOSED_WORDS = ['refused', 'reset', 'timeout', 'unreachable'];

export type Peer = Pick<PeerController, 'listen' | 'unlisten' | 'connect' | 'open'>;

export interface TestWorldOptions {
  /** `neutron`: qrouter-<uuid> with qg- and qr- interfaces. `plain`: any namespace, ext0 and int0. */
  readonly router: 'neutron' | 'plain';
  /** Loads the rules that Neutron's L3 agent keeps in such a router. */
  readonly neutronRules?: boolean;
}

export interface TestWorld {
  /** What praas calls the router: its UUID, or the namespace's name. */
  readonly router_id: string;
  readonly namespace: string;
  readonly names: WorldNames;
  readonly namespaces: WorldNamespaces;
  readonly gateway: string;
  /** Outside, from 203.0.113.2. */
  readonly client: Peer;
  /** The same, calling from 198.51.100.7. */
  readonly client2: Peer;
  /** Behind the router, 10.20.0.51 and 10.20.0.52. */
  readonly web: Peer;
  readonly db: Peer;
  /** Runs a program in the router's namespace, gives what it printed. Throws when it fails. */
  run(file: string, args: readonly string[], input?: string): Promise<string>;
  /** The same in any namespace of this world. */
  runIn(namespace: string, file: string, args: readonly string[], input?: string): Promise<string>;
  /** Ends the peers and removes the namespaces. Call it also when the test failed. */
  remove(): Promise<void>;
}

const exec = createExec(TOOL_TIMEOUT_MS, process.env);

/** Builds a world. Before a peer does anything its way to the router has carried a packet, so that silence means closed. */
export async function testWorld(options: TestWorldOptions): Promise<TestWorld> {
  const { router_id, ...names } = newNames(options.router);
  const namespaces = namespacesOf(names);
  const world = await World.create(exec, standardPlan(names));
  const peers = new Peers(namespaces);
  const remove = async (): Promise<void> => {
    await peers.end();
    await world.remove();
  };
  try {
    if (options.neutronRules === true) await runIn(namespaces.router, 'iptables-restore', [], neutronRules(names));
    const run: TestWorld['run'] = (...command) => runIn(namespaces.router, ...command);
    const found = { router_id, namespace: namespaces.router, names, namespaces, gateway: ADDRESSES.gateway };
    const [client, web, db] = [peers.in('client'), peers.in('web'), peers.in('db')];
    return { ...found, client, client2: callingFrom(client, ADDRESSES.otherClient), web, db, run, runIn, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The router goes, with its interfaces and everything in it. */
export async function loseRouter({ namespaces }: TestWorld): Promise<void> {
  await runIp(['netns', 'del', namespaces.router]);
}

/** The router comes back as it was made at first, with none of the rules that were in it. */
export async function remakeRouter({ names, namespaces }: TestWorld): Promise<void> {
  const lost = {
    [namespaces.switch]: (line: string) => / router /.test(line),
    [namespaces.client]: (line: string) => / eth0/.test(line),
    [namespaces.router]: () => true,
  };
  await runIp(['netns', 'add', namespaces.router]);
  for (const { name, lines } of standardPlan(names)) {
    const again = lines.filter((line) => lost[name]?.(line));
    if (again.length > 0) await runIp(['-n', name, '-batch', '-'], again.map((line) => `${line}\n`).join(''));
  }
  await runIn(namespaces.router, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
}

/** What the server at that endpoint says, such as `web sees 203.0.113.2`, or why it says nothing: `refused`, `timeout`, … */
export async function reach(peer: Peer, goal: ConnectOptions): Promise<string> {
  const heard = await peer.connect(goal);
  return 'reply' in heard ? heard.reply : heard.error;
}

/** Fails the test unless a server answers there, and with these words. */
export async function expectOpen(peer: Peer, goal: ConnectOptions, words: string): Promise<void> {
  expect(await reach(peer, goal)).toBe(words);
}

/** Fails the test unless nothing answers there. */
export async function expectClosed(peer: Peer, goal: ConnectOptions): Promise<void> {
  expect(CLOSED_WORDS).toContain(await reach(peer, { timeoutMs: CLOSED_MS, ...goal }));
}

/** The rules of Neutron's L3 agent in a router with one inside network, as iptables-save printed them in a real cloud. */
export function neutronRules({ outsideInterface, insideInterface }: WorldNames): string {
  return readFileSync(NEUTRON_RULES, 'utf8')
    .replaceAll('qg-1841a257-44', outsideInterface)
    .replaceAll('qr-5be5f541-c7', insideInterface)
    .replaceAll('203.0.113.235', ADDRESSES.gateway);
}

function newNames(router: TestWorldOptions['router']): WorldNames & { readonly router_id: string } {
  const uuid = randomUUID();
  const hex = uuid.slice(0, 8);
  const prefix = `praas-test-${hex}`;
  if (router === 'plain') {
    const name = `${prefix}-router`;
    return { router_id: name, router: name, outsideInterface: 'ext0', insideInterface: 'int0', prefix };
  }
  const [outsideInterface, insideInterface] = [`qg-${hex}-44`, `qr-${hex}-c7`];
  return { router_id: uuid, router: `qrouter-${uuid}`, outsideInterface, insideInterface, prefix };
}

type Place = 'client' | 'web' | 'db';

/** The processes of a world. */
class Peers {
  readonly #namespaces: WorldNamespaces;
  readonly #processes: ChildProcess[] = [];
  readonly #started = new Map<Place, Promise<PeerController>>();

  constructor(namespaces: WorldNamespaces) {
    this.#namespaces = namespaces;
  }

  /** The one in a place; it starts with the first word to it. */
  in(place: Place): Peer {
    const peer = (): Promise<PeerController> => {
      const started = this.#started.get(place) ?? this.#start(place);
      this.#started.set(place, started);
      return started;
    };
    return {
      listen: async (service) => (await peer()).listen(service),
      unlisten: async (service) => (await peer()).unlisten(service),
      connect: async (goal) => (await peer()).connect(goal),
      open: async (goal) => (await peer()).open(goal),
    };
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#started.values());
    await Promise.all(this.#processes.map(end));
  }

  async #start(place: Place): Promise<PeerController> {
    const args = ['netns', 'exec', this.#namespaces[place], process.execPath, PEER, place];
    const child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#processes.push(child);
    const peer = new PeerController(child.stdout, child.stdin);
    await peer.name;
    if (place === 'client') {
      await Promise.all([peer, callingFrom(peer, ADDRESSES.otherClient)].map((each) => warm(each, ADDRESSES.gateway)));
    } else await warm(peer, ADDRESSES.inside);
    return peer;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

function callingFrom(peer: Peer, sourceIp: string): Peer {
  return {
    listen: (service) => peer.listen(service),
    unlisten: (service) => peer.unlisten(service),
    connect: (goal) => peer.connect({ sourceIp, ...goal }),
    open: (goal) => peer.open({ sourceIp, ...goal }),
  };
}

/** The first packet of a new link may be lost; a refusal by the router itself shows that the next will not be. */
async function warm(peer: Peer, address: string): Promise<void> {
  for (let tries = 0; tries < WARM_TRIES; tries++) {
    const heard = await reach(peer, { protocol: 'tcp', address, port: UNUSED_PORT, timeoutMs: CLOSED_MS });
    if (heard === 'refused') return;
  }
  throw new Error(`the new world carries no packets to ${address}`);
}

async function runIn(namespace: string, file: string, args: readonly string[], input?: string): Promise<string> {
  const command = {
    file: 'ip',
    args: ['netns', 'exec', namespace, file, ...args],
    ...(input !== undefined && { input }),
  };
  const { exitCode, stdout, stderr } = await exec(command);
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')} in ${namespace}: ${stderr}`);
  return stdout;
}

async function runIp(args: readonly string[], input?: string): Promise<void> {
  const { exitCode, stderr } = await exec({ file: 'ip', args, ...(input !== undefined && { input }) });
  if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
