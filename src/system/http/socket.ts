/** Whether a daemon is on this node. The only part of this room that every command loads. */
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { praasError } from '../../core/errors/errors.ts';
import { failureReason } from './failure.ts';

/** Nobody is there: no daemon has been, or it ended and its socket is left. */
const NOBODY = ['ENOENT', 'ENOTDIR', 'ECONNREFUSED'];

/**
 * True when somebody takes connections on that Unix socket, false when nobody is there. Throws NOT_PERMITTED (`what` needs
 * root) and DAEMON_UNREACHABLE: whatever else is wrong with a socket, it is no reason to work beside its daemon.
 */
export async function isAnswered(path: string, what: string): Promise<boolean> {
  try {
    // A path that is too long for a socket is no path of a daemon, and nothing else.
    await stat(path);
    await opened(path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NOBODY.includes(code)) return false;
    if (code === 'EACCES' || code === 'EPERM') throw praasError('NOT_PERMITTED', { what }, error);
    throw praasError('DAEMON_UNREACHABLE', { url: path, reason: failureReason(error) }, error);
  }
}

function opened(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
