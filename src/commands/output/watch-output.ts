/** What becomes of output that cannot be written. */
import { errnoText } from '../../core/errors/errno-text.ts';

/** A reader that stops (`| head`) is no reason to fail; output that cannot be written (a full disk) is one. */
export function watchOutput(): void {
  watchStdout();
  process.stderr.on('error', () => {
    process.exitCode ??= 1;
  });
}

/** The same for standard output alone: opening the other takes time. */
export function watchStdout(): void {
  // oclif's own listener throws, which ends in a stack trace.
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.exitCode = 1;
    process.stderr.write(`Error: cannot write the output: ${errnoText(error)}\n`);
  });
}
