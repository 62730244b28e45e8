/** The serving half of a peer: TCP, UDP and HTTP services that say whom they see. Only IPv4, as everything published. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Service } from './dialog.ts';
import { eachLine } from './lines.ts';

const EVERY_ADDRESS = '0.0.0.0';

type Stop = () => Promise<void>;

export class Listeners {
  readonly #name: string;
  readonly #stops = new Map<string, Stop>();

  /** `name` is what the services call themselves. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Serves until unlisten or close. Throws the system's error (EADDRINUSE) when the port is taken. */
  async listen(service: Service): Promise<void> {
    const start = service.protocol === 'udp' ? serveUdp : service.http === true ? serveHttp : serveTcp;
    this.#stops.set(keyOf(service), await start(this.#name, service));
  }

  /** Stops serving and cuts what was connected; a service that is not there is no error. */
  async unlisten(service: Pick<Service, 'protocol' | 'port'>): Promise<void> {
    const stop = this.#stops.get(keyOf(service));
    this.#stops.delete(keyOf(service));
    await stop?.();
  }

  /** Stops everything. */
  async close(): Promise<void> {
    const stops = [...this.#stops.values()];
    this.#stops.clear();
    await Promise.all(stops.map((stop) => stop()));
  }
}

function keyOf({ protocol, port }: Pick<Service, 'protocol' | 'port'>): string {
  return `${protocol}/${port}`;
}

async function serveTcp(name: string, { port, banner }: Service): Promise<Stop> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that goes away with a reset is an ordinary end here.
    socket.on('error', () => socket.destroy());
    const sees = `${name} sees ${socket.remoteAddress}:${socket.remotePort}\n`;
    socket.write(banner === undefined ? sees : `${banner}\r\n`);
    eachLine(socket, () => socket.write(sees));
  });
  server.listen(port, EVERY_ADDRESS);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
}

async function serveHttp(name: string, { port }: Service): Promise<Stop> {
  const server = createHttpServer((request, response) => {
    response.end(`${name} says hello to ${request.socket.remoteAddress}\n`);
  });
  server.listen(port, EVERY_ADDRESS);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
}

async function serveUdp(name: string, { port }: Service): Promise<Stop> {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(`${name} sees ${from.address}:${from.port}`, from.port, from.address));
  socket.bind(port, EVERY_ADDRESS);
  await once(socket, 'listening');
  // From here on an error is an answer that found nobody; the service goes on.
  socket.on('error', () => undefined);
  return async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
}
