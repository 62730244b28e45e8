/**
 * A message broker of which a test decides what there is: exchanges, and whether it ends consumers and channels. It speaks as much of
 * AMQP 0-9-1 as a listener needs, in the encoding of amqplib.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

interface Codec {
  readonly [name: string]: number;
}
interface Wire {
  decode(id: number, payload: Buffer): Record<string, unknown>;
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
}
const defs = createRequire(import.meta.url)('../../node_modules/amqplib/lib/defs.js') as Wire & Codec;
const id = (name: string): number => defs[name] ?? 0;

const HEADER_BYTES = 7;
const GREETING_BYTES = 8;
const METHOD = 1;
const FRAME_END = 0xce;
const NOT_FOUND = 404;

interface Consumer {
  readonly socket: Socket;
  readonly channel: number;
  readonly queue: string;
}

export class FakeBroker {
  /** The exchanges that there are, by their names. */
  readonly exchanges = new Set<string>();
  /** What queues are bound to, each as `exchange key`. An exchange that is deleted takes its own with it. */
  readonly bindings = new Set<string>();
  /** Whether it ends each consumer as soon as there is one. */
  isCancelling = false;
  /** How often a connection was opened. */
  connections = 0;
  /** How many methods were received. */
  received = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #consumers: Consumer[] = [];
  #queues = 0;

  /** Takes a server that is not listening; a plain one if left out. */
  constructor(server: Server = createServer()) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#sockets.add(socket));
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    server.on(event, (socket: Socket | TLSSocket) => this.#serve(socket));
  }

  /** Starts it on 127.0.0.1, and gives its port. */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  get consumers(): number {
    return this.#consumers.length;
  }

  deleteExchange(name: string): void {
    this.exchanges.delete(name);
    for (const binding of this.bindings) if (binding.startsWith(`${name} `)) this.bindings.delete(binding);
  }

  /** Ends all consumers, as when their queue is deleted. The connections go on. */
  cancelConsumers(): void {
    for (const { socket, channel, queue } of this.#consumers.splice(0)) this.#cancel(socket, channel, queue);
  }

  /** Closes the channels of all consumers with an error. */
  closeChannels(): void {
    for (const { socket, channel } of this.#consumers.splice(0))
      send(socket, 'ChannelClose', channel, {
        replyCode: 406,
        replyText: 'PRECONDITION_FAILED - s3cret',
        classId: 0,
        methodId: 0,
      });
    this.bindings.clear();
  }

  /** Delivers a message to each queue that is bound for this exchange and key. */
  publish(exchange: string, key: string, body: unknown): void {
    const text = Buffer.from(JSON.stringify(body));
    const isBound = [...this.bindings].some((binding) => {
      const [name, pattern = ''] = binding.split(' ');
      return name === exchange && key.startsWith(pattern.replace(/#$/, ''));
    });
    if (!isBound) return;
    for (const { socket, channel } of this.#consumers) {
      const fields = { consumerTag: 'c', deliveryTag: 1, redelivered: false, exchange, routingKey: key };
      const header = defs.encodeProperties(id('BasicProperties'), channel, text.length, {});
      const frame = Buffer.alloc(HEADER_BYTES + text.length + 1, FRAME_END);
      frame.writeUInt8(3, 0);
      frame.writeUInt16BE(channel, 1);
      frame.writeUInt32BE(text.length, 3);
      text.copy(frame, HEADER_BYTES);
      socket.write(Buffer.concat([defs.encodeMethod(id('BasicDeliver'), channel, fields), header, frame]));
    }
  }

  #serve(socket: Socket): void {
    let buffered = Buffer.alloc(0);
    let isGreeted = false;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#forget((consumer) => consumer.socket === socket);
    });
    socket.on('data', (data: Buffer) => {
      buffered = Buffer.concat([buffered, data]);
      if (!isGreeted) {
        if (buffered.length < GREETING_BYTES) return;
        buffered = buffered.subarray(GREETING_BYTES);
        isGreeted = true;
        const texts = { mechanisms: Buffer.from('PLAIN'), locales: Buffer.from('en_US') };
        send(socket, 'ConnectionStart', 0, { versionMajor: 0, versionMinor: 9, serverProperties: {}, ...texts });
      }
      while (buffered.length >= HEADER_BYTES) {
        const size = buffered.readUInt32BE(3);
        const whole = HEADER_BYTES + size + 1;
        if (buffered.length < whole) return;
        const frame = buffered.subarray(0, whole);
        buffered = buffered.subarray(whole);
        if (frame.readUInt8(0) !== METHOD) continue;
        const number = frame.readUInt32BE(HEADER_BYTES);
        this.received += 1;
        const fields = defs.decode(number, frame.subarray(HEADER_BYTES + 4, whole - 1));
        this.#handle(socket, frame.readUInt16BE(1), number, fields);
      }
    });
  }

  #handle(socket: Socket, channel: number, number: number, fields: Record<string, unknown>): void {
    const reply = (name: string, more: object = {}): void => send(socket, name, channel, more);
    const queue = String(fields['queue']);
    if (number === id('ConnectionStartOk')) reply('ConnectionTune', { channelMax: 0, frameMax: 131_072, heartbeat: 0 });
    if (number === id('ConnectionOpen')) {
      this.connections += 1;
      reply('ConnectionOpenOk');
    }
    if (number === id('ConnectionClose')) reply('ConnectionCloseOk');
    if (number === id('ChannelOpen')) reply('ChannelOpenOk');
    if (number === id('ChannelClose')) reply('ChannelCloseOk');
    if (number === id('QueueDeclare')) {
      this.#queues += 1;
      reply('QueueDeclareOk', { queue: `q${this.#queues}`, messageCount: 0, consumerCount: 0 });
    }
    if (number === id('BasicConsume')) {
      reply('BasicConsumeOk', { consumerTag: String(fields['consumerTag']) || 'c' });
      this.#consumers.push({ socket, channel, queue });
      if (this.isCancelling) this.cancelConsumers();
    }
    if (number === id('QueueBind')) this.#bind(fields, reply);
  }

  #bind(fields: Record<string, unknown>, reply: (name: string, more?: object) => void): void {
    const exchange = String(fields['exchange']);
    if (this.exchanges.has(exchange)) {
      this.bindings.add(`${exchange} ${String(fields['routingKey'])}`);
      reply('QueueBindOk');
      return;
    }
    const replyText = `NOT_FOUND - no exchange '${exchange}'`;
    reply('ChannelClose', { replyCode: NOT_FOUND, replyText, classId: 50, methodId: 20 });
  }

  #cancel(socket: Socket, channel: number, _queue: string): void {
    this.bindings.clear();
    send(socket, 'BasicCancel', channel, { consumerTag: 'c', nowait: true });
  }

  #forget(isGone: (consumer: Consumer) => boolean): void {
    this.#consumers = this.#consumers.filter((consumer) => !isGone(consumer));
    if (this.#consumers.length === 0) this.bindings.clear();
  }
}

function send(socket: Socket, name: string, channel: number, fields: object): void {
  socket.write(defs.encodeMethod(id(name), channel, fields));
}
