/** Whether a daemon runs on this node. The only file of this room that every command loads. */
import { stat } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { praasError } from '../../core/errors/errors.ts';
import { failureReason } from './failure.ts';

/** No daemon listens: it was never started, or it ended and its socket is left. */
const NOT_LISTENING = ['ENOENT', 'ENOTDIR', 'ECONNREFUSED'];

/**
 * True when a process accepts connections on that Unix socket, false when no process listens there. Throws NOT_PERMITTED (`what`
 * requires root) and DAEMON_UNREACHABLE: after any other failure a daemon may be running, and no command may work beside it.
 */
export async function isListening(path: string, what: string): Promise<boolean> {
  try {
    // Connecting to a path that is too long for a socket fails with another error than that of a missing file.
    await stat(path);
    await connectOnce({ path });
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NOT_LISTENING.includes(code)) return false;
    if (code === 'EACCES' || code === 'EPERM') throw praasError('NOT_PERMITTED', { what }, error);
    throw praasError('DAEMON_UNREACHABLE', { url: path, reason: failureReason(error) }, error);
  }
}

/** Connects, and closes the connection. Rejects with the error of the system, or after `timeout` milliseconds. */
export function connectOnce(options: NetConnectOpts): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    socket.once('error', reject);
    socket.once('timeout', () =>
      socket.destroy(new Error(`no response within ${(options.timeout ?? 0) / 1000} seconds`)),
    );
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
