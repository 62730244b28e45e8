// The real OpenStack that some rows are measured on.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { running } from '../lab/services.ts';
import type { Options } from './row.ts';

const LAB = new URL('../lab/lab', import.meta.url).pathname;

/** Gives the lab's command, of the lab as it is or of one that goes with the bench; in it the server web listens there. */
export async function raiseLab(
  { later, say }: Options,
  port: number,
): Promise<(...words: string[]) => Promise<unknown>> {
  const lab = (...words: string[]): Promise<unknown> => promisify(execFile)(LAB, words);
  if (running().get('neutron-server') === undefined) {
    say('starting the lab');
    later(() => lab('down'));
    await lab('up');
  }
  await lab('topology');
  await lab('listen', 'web', String(port));
  later(() => lab('unlisten', 'web', String(port)));
  return lab;
}
