import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runPeer } from '../../../src/admin/demo/peer.ts';
import { PeerController } from '../../../src/admin/demo/peer-controller.ts';

const address = '127.0.0.1';
/** Long enough for an answer that comes, short enough to wait for one that does not. */
const SILENCE_MS = 100;

let toPeer: PassThrough;
let ended: Promise<void>;
let peer: PeerController;

beforeEach(async () => {
  toPeer = new PassThrough();
  const fromPeer = new PassThrough();
  ended = runPeer('web', toPeer, fromPeer).finally(() => fromPeer.end());
  peer = new PeerController(fromPeer, toPeer);
  expect(await peer.name).toBe('web');
});

afterEach(async () => {
  toPeer.end();
  await ended;
});

for (const protocol of ['tcp', 'udp'] as const) {
  test(`a ${protocol} service answers with the address and port of the client`, async () => {
    await peer.listen({ protocol, port: 20_101 });

    const result = await peer.connect({ protocol, address, port: 20_101, sourcePort: 20_102 });

    expect(result).toEqual({ reply: 'web sees 127.0.0.1', seenPort: 20_102 });
  });

  test(`a source address that is asked for is the one that a ${protocol} service sees`, async () => {
    await peer.listen({ protocol, port: 20_101 });

    const result = await peer.connect({ protocol, address, port: 20_101, sourceIp: '127.0.0.9' });

    expect(result).toMatchObject({ reply: 'web sees 127.0.0.9' });
  });

  test(`a ${protocol} port without a service refuses`, async () => {
    expect(await peer.connect({ protocol, address, port: 20_103 })).toEqual({ error: 'refused' });
  });

  test(`a ${protocol} service that was stopped refuses, and its port can be used again`, async () => {
    await peer.listen({ protocol, port: 20_101 });
    await peer.unlisten({ protocol, port: 20_101 });
    expect(await peer.connect({ protocol, address, port: 20_101 })).toEqual({ error: 'refused' });

    await peer.listen({ protocol, port: 20_101 });

    expect(await peer.connect({ protocol, address, port: 20_101 })).toMatchObject({ reply: 'web sees 127.0.0.1' });
  });

  test(`a held ${protocol} connection gets an answer to every line, from one source port`, async () => {
    await peer.listen({ protocol, port: 20_101 });
    const held = await peer.open({ protocol, address, port: 20_101, sourcePort: 20_104 });

    const answers = [await held.send('one'), await held.send('two')];

    const answer = { reply: 'web sees 127.0.0.1', seenPort: 20_104 };
    expect(answers).toEqual([answer, answer]);
    await held.close();
    expect(await held.send('three')).toEqual({ error: 'closed' });
  });

  test(`the same ${protocol} source port works again at once after a connection was closed`, async () => {
    await peer.listen({ protocol, port: 20_101 });
    const goal = { protocol, address, port: 20_101, sourcePort: 20_105 };
    await peer.connect(goal);

    expect(await peer.connect(goal)).toMatchObject({ seenPort: 20_105 });
  });
}

test('a held connection reports that the server has reset it', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101 });
  const held = await peer.open({ protocol: 'tcp', address, port: 20_101 });
  expect(held.greeting).toMatchObject({ reply: 'web sees 127.0.0.1' });

  await peer.unlisten({ protocol: 'tcp', port: 20_101 });

  expect(await held.send('still there?')).toEqual({ error: 'reset' });
});

test('a server that sends nothing is a timeout', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101, isHttp: true });

  const result = await peer.connect({ protocol: 'tcp', address, port: 20_101, timeoutMs: SILENCE_MS });

  expect(result).toEqual({ error: 'timeout' });
});

test('a banner greets instead, and lines are still answered', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101, banner: 'SSH-2.0-demo' });

  const held = await peer.open({ protocol: 'tcp', address, port: 20_101 });

  expect(held.greeting).toEqual({ reply: 'SSH-2.0-demo' });
  expect(await held.send('hello')).toMatchObject({ reply: 'web sees 127.0.0.1' });
});

test('an HTTP service answers with the address of the client', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101, isHttp: true });

  const response = await fetch(`http://${address}:20101/`, { headers: { connection: 'close' } });

  expect(await response.text()).toBe('web says hello to 127.0.0.1\n');
});

test('TCP and UDP on one port are two services', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101 });
  await peer.listen({ protocol: 'udp', port: 20_101 });

  await peer.unlisten({ protocol: 'udp', port: 20_101 });

  expect(await peer.connect({ protocol: 'udp', address, port: 20_101 })).toEqual({ error: 'refused' });
  expect(await peer.connect({ protocol: 'tcp', address, port: 20_101 })).toMatchObject({ reply: 'web sees 127.0.0.1' });
});

test('a port that is in use is an error that names it', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101 });
  const other = new PeerController(...otherPeer());
  await other.name;

  await expect(other.listen({ protocol: 'tcp', port: 20_101 })).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringMatching(/tcp port 20101 .*eaddrinuse/),
  });
});

test('a connection that cannot be opened is an error with the reason', async () => {
  await expect(peer.open({ protocol: 'tcp', address, port: 20_103 })).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringMatching(/127\.0\.0\.1:20103 .*refused/),
  });
});

test('a peer whose controller ends closes everything and ends', async () => {
  await peer.listen({ protocol: 'tcp', port: 20_101 });
  await peer.open({ protocol: 'tcp', address, port: 20_101 });

  toPeer.end();
  await ended;

  await expect(fetch(`http://${address}:20101/`)).rejects.toThrow();
  await expect(peer.connect({ protocol: 'tcp', address, port: 20_101 })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
});

function otherPeer(): [PassThrough, PassThrough] {
  const input = new PassThrough();
  const output = new PassThrough();
  void ended.then(() => input.end());
  void runPeer('other', input, output);
  return [output, input];
}
