/** The server half of a peer: TCP, UDP and HTTP services that answer with the address of the client. Only IPv4, like all mappings. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { eachLine } from './lines.ts';
import type { PeerService } from './peer-protocol.ts';

const ANY_ADDRESS = '0.0.0.0';

type Stop = () => Promise<void>;

export class Listeners {
  readonly #name: string;
  readonly #stops = new Map<string, Stop>();

  /** `name` is the name with which the services answer. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Serves until unlisten or close. Throws the error of the system (EADDRINUSE) when the port is in use. */
  async listen(service: PeerService): Promise<void> {
    const start = service.protocol === 'udp' ? serveUdp : service.isHttp === true ? serveHttp : serveTcp;
    this.#stops.set(keyOf(service), await start(this.#name, service));
  }

  /** Stops serving and ends its connections; that there is no such service is no error. */
  async unlisten(service: Pick<PeerService, 'protocol' | 'port'>): Promise<void> {
    const stop = this.#stops.get(keyOf(service));
    this.#stops.delete(keyOf(service));
    await stop?.();
  }

  /** Stops all services. */
  async close(): Promise<void> {
    const stops = [...this.#stops.values()];
    this.#stops.clear();
    await Promise.all(stops.map((stop) => stop()));
  }
}

function keyOf({ protocol, port }: Pick<PeerService, 'protocol' | 'port'>): string {
  return `${protocol}/${port}`;
}

async function serveTcp(name: string, { port, banner }: PeerService): Promise<Stop> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A reset by the client is a normal end of a connection here.
    socket.on('error', () => socket.destroy());
    const sees = `${name} sees ${socket.remoteAddress}:${socket.remotePort}\n`;
    socket.write(banner === undefined ? sees : `${banner}\r\n`);
    eachLine(socket, () => socket.write(sees));
  });
  server.listen(port, ANY_ADDRESS);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
}

async function serveHttp(name: string, { port }: PeerService): Promise<Stop> {
  const server = createHttpServer((request, response) => {
    response.end(`${name} says hello to ${request.socket.remoteAddress}\n`);
  });
  server.listen(port, ANY_ADDRESS);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
}

async function serveUdp(name: string, { port }: PeerService): Promise<Stop> {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(`${name} sees ${from.address}:${from.port}`, from.port, from.address));
  socket.bind(port, ANY_ADDRESS);
  await once(socket, 'listening');
  // From here on an error means that a reply found no socket; the service continues.
  socket.on('error', () => undefined);
  return async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  };
}
