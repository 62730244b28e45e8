// Runs in a namespace. `serve PORT`: accepts and closes. `connect ADDRESS PORT`: for each line on stdin, a number, opens
// that many connections one after the other and answers with the milliseconds they took. Ends with its stdin.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') {
  const server = createServer((socket) => socket.on('error', () => undefined).end());
  await once(server.listen(Number(args[0]), '0.0.0.0'), 'listening');
  console.log('ready');
  process.stdin.resume().on('end', () => process.exit());
} else {
  const [host, port] = args;
  for await (const line of createInterface({ input: process.stdin })) {
    const start = performance.now();
    for (let left = Number(line); left > 0; left--) {
      const socket = connect(Number(port), host);
      await once(socket, 'connect');
      // A reset leaves nothing behind that the next connection could run into.
      socket.resetAndDestroy();
    }
    console.log(performance.now() - start);
  }
}
