// Runs a peer (src/admin/demo/peer.ts) under the tests' own node: `node peer.mjs NAME`, told what to do on stdin.
import { runPeer } from '../../src/admin/demo/peer.ts';

await runPeer(process.argv[2], process.stdin, process.stdout);
