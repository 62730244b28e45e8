// `praas demo peer`: what `praas demo` runs in its namespaces. Not for people; the peer is admin/demo/peer.ts.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Command, Flags } from '@oclif/core';
import { runPeer } from '../../admin/demo/peer.ts';

export default class DemoPeer extends Command {
  static override hidden = true;
  static override summary = 'serve and call in a namespace of the demonstration, as its socket says';
  static override examples = ['<%= config.bin %> <%= command.id %> --name web --socket /run/praas-demo/peers'];
  static override flags = {
    name: Flags.string({ required: true, description: 'what it calls itself', env: 'PRAAS_DEMO_NAME' }),
    socket: Flags.string({ required: true, description: 'where it is told what to do', env: 'PRAAS_DEMO_SOCKET' }),
  };

  async run(): Promise<void> {
    const { name, socket: path } = (await this.parse(DemoPeer)).flags;
    const socket = connect(path);
    await once(socket, 'connect');
    await runPeer(name, socket, socket);
    socket.destroy();
  }
}
