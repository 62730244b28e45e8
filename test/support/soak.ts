/** The parts of the soak: routers that are created and deleted, and clients that remember which mappings they should have. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { Reply, TestDaemon } from './daemon.ts';
import type { TestWorld } from './world.ts';

export const GATEWAY = '203.0.113.10';

/** A router with a gateway address and a network without servers behind it: what counts are its rules. */
export class SoakRouter {
  readonly id: string;

  constructor(prefix: string, number: number) {
    this.id = `${prefix}-${number}`;
  }

  create(): void {
    execFileSync('ip', ['netns', 'add', this.id]);
    const lines = [
      'link set lo up',
      'link add qg-0 type veth peer name qr-0',
      `addr add ${GATEWAY}/24 dev qg-0`,
      'link set qg-0 up',
      'addr add 10.20.0.1/24 dev qr-0',
      'link set qr-0 up',
    ];
    execFileSync('ip', ['-n', this.id, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  delete(): void {
    execFileSync('ip', ['netns', 'del', this.id]);
  }

  readonly run: TestWorld['run'] = async (file, args) =>
    execFileSync('ip', ['netns', 'exec', this.id, file, ...args], { encoding: 'utf8', maxBuffer: 1e8, stdio: 'pipe' });
}

type Kept = Pick<Mapping, 'id' | 'router_id' | 'router_port' | 'server_port' | 'enabled'>;

interface Refused {
  readonly errors?: readonly { readonly code: string; readonly detail: string }[];
}

/** Refusals that are right where routers are deleted and another client may have the port. */
const ALLOWED_REFUSALS = [
  'praas.port-reserved',
  'praas.router-not-found',
  'praas.port-taken',
  'praas.no-gateway',
  'praas.server-not-behind-router',
];
const PAUSE_MS = 50;

export class SoakClient {
  /** The mappings of this client, as the answers to its requests leave them. */
  readonly expected = new Map<string, Kept>();
  /** Answers that no request should get. */
  readonly faults: string[] = [];
  acknowledged = 0;
  broken = 0;
  readonly #daemon: TestDaemon;
  readonly #routers: readonly SoakRouter[];
  readonly #random: () => number;

  /** `random` gives numbers from 0 to 1. */
  constructor(daemon: TestDaemon, routers: readonly SoakRouter[], random: () => number) {
    this.#daemon = daemon;
    this.#routers = routers;
    this.#random = random;
  }

  /** One more request, until it is known what became of it. */
  async step(): Promise<void> {
    const mine = [...this.expected.values()];
    const chosen = mine[Math.floor(this.#random() * mine.length)];
    if (chosen === undefined || mine.length < 3 || this.#random() < 0.3) return this.#create();
    return this.#random() < 0.5 ? this.#change(chosen) : this.#delete(chosen);
  }

  async #create(): Promise<void> {
    const router = this.#routers[Math.floor(this.#random() * this.#routers.length)];
    const mapping = {
      router_id: router?.id,
      server_ip: '10.20.0.51',
      server_port: 1 + Math.floor(this.#random() * 60_000),
    };
    const headers = { 'Idempotency-Key': randomUUID() };
    // The same request until it is answered: with its key it can be carried out once only.
    const { status, body } = await this.#answered(() =>
      this.#daemon.ask('POST', '/v1/mappings', { body: { mapping }, headers }),
    );
    if (status === 201) this.#keep((body as { mapping: Kept }).mapping);
    else this.#refused('create', status, body as Refused);
  }

  async #change({ id }: Kept): Promise<void> {
    const choices = [
      { router_port: 4000 + Math.floor(this.#random() * 1000) },
      { server_port: 1 + Math.floor(this.#random() * 60_000) },
      { enabled: this.#random() < 0.5 },
    ];
    const patch = choices[Math.floor(this.#random() * choices.length)];
    const reply = await this.#once(() => this.#daemon.ask('PATCH', `/v1/mappings/${id}`, { body: { mapping: patch } }));
    if (reply === undefined) return this.#lookUp(id);
    if (reply.status === 200) this.#keep((reply.body as { mapping: Kept }).mapping);
    else this.#refused('change', reply.status, reply.body as Refused);
  }

  async #delete({ id }: Kept): Promise<void> {
    const reply = await this.#once(() => this.#daemon.ask('DELETE', `/v1/mappings/${id}`));
    if (reply === undefined) return this.#lookUp(id);
    // 200: deleted, with a warning.
    if (reply.status === 204 || reply.status === 200) {
      this.expected.delete(id);
      this.acknowledged++;
    } else this.#refused('delete', reply.status, reply.body as Refused);
  }

  /** After a change without an answer: it may have been made. */
  async #lookUp(id: string): Promise<void> {
    const { status, body } = await this.#answered(() => this.#daemon.ask('GET', `/v1/mappings/${id}`));
    if (status === 200) this.expected.set(id, keptOf((body as { mapping: Kept }).mapping));
    else if (status === 404) this.expected.delete(id);
    else this.faults.push(`show: ${status} ${JSON.stringify(body)}`);
  }

  #keep(mapping: Kept): void {
    this.expected.set(mapping.id, keptOf(mapping));
    this.acknowledged++;
  }

  #refused(what: string, status: number, { errors }: Refused): void {
    const code = errors?.[0]?.code ?? '';
    const isAllowed =
      (status < 500 && ALLOWED_REFUSALS.includes(code)) || (status === 503 && errors?.[0]?.detail !== '');
    if (!isAllowed) this.faults.push(`${what}: ${status} ${code} ${errors?.[0]?.detail}`);
  }

  /** Undefined when the connection broke. */
  async #once(ask: () => Promise<Reply>): Promise<Reply | undefined> {
    try {
      return await ask();
    } catch {
      this.broken++;
      return undefined;
    }
  }

  async #answered(ask: () => Promise<Reply>): Promise<Reply> {
    for (;;) {
      const reply = await this.#once(ask);
      if (reply) return reply;
      await setTimeout(PAUSE_MS);
    }
  }
}

function keptOf({ id, router_id, router_port, server_port, enabled }: Kept): Kept {
  return { id, router_id, router_port, server_port, enabled };
}

/** One line for one mapping, as the clients, the store and the kernel are compared. */
export function mappingLine({ id, router_id, router_port, server_port, enabled }: Kept): string {
  return `${router_id} ${id} ${router_port} to ${server_port}${enabled ? '' : ' disabled'}`;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
