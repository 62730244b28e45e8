// `praas demo` runs this command in its namespaces; users do not. The peer itself is admin/demo/peer.ts.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Command, Flags } from '@oclif/core';
import { runPeer } from '../../admin/demo/peer.ts';

export default class DemoPeer extends Command {
  static override hidden = true;
  static override summary = 'serve and connect in a namespace of the demonstration';
  static override examples = ['<%= config.bin %> <%= command.id %> --name web --socket /run/praas-demo/peers'];
  static override flags = {
    name: Flags.string({ required: true, description: 'name of the peer', env: 'PRAAS_DEMO_NAME' }),
    socket: Flags.string({ required: true, description: 'socket of the demonstration', env: 'PRAAS_DEMO_SOCKET' }),
  };

  async run(): Promise<void> {
    const { name, socket: path } = (await this.parse(DemoPeer)).flags;
    const socket = connect(path);
    await once(socket, 'connect');
    await runPeer(name, socket, socket);
    socket.destroy();
  }
}
