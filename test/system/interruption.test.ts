import { expect, test } from '@jest/globals';
import { createExec } from '../../src/system/exec.ts';
import { Interruption } from '../../src/system/interruption.ts';

const SIGINT = 2;
const interrupted = { code: 'INTERRUPTED', facts: { signal_number: SIGINT } };

test('a signal ends the running programs and no new ones start', async () => {
  const interruption = new Interruption();
  const exec = createExec(60_000, process.env, interruption.abortSignal);
  const sleeping = exec({ file: 'sleep', args: ['60'] });

  interruption.interrupt(SIGINT);

  await expect(sleeping).rejects.toMatchObject(interrupted);
  await expect(exec({ file: 'true', args: [] })).rejects.toMatchObject(interrupted);
  await expect(interruption.uninterruptible(async () => 'done')).rejects.toMatchObject(interrupted);
});

test('uninterruptible work runs to its end, with its programs, before the signal takes effect', async () => {
  const interruption = new Interruption();
  const exec = createExec(60_000, process.env, interruption.abortSignal);

  const work = interruption.uninterruptible(async () => {
    interruption.interrupt(SIGINT);
    interruption.interrupt(15);
    return (await exec({ file: 'echo', args: ['done'] })).stdout;
  });

  expect(await work).toBe('done\n');
  expect(interruption.signalNumber).toBe(SIGINT);
  expect(interruption.abortSignal.aborted).toBe(true);
});

test('the signal takes effect after the last of several uninterruptible works, also when one fails', async () => {
  const interruption = new Interruption();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const works = [interruption.uninterruptible(() => first.promise), interruption.uninterruptible(() => second.promise)];
  interruption.interrupt(SIGINT);

  first.reject(new Error('no'));
  await expect(works[0]).rejects.toThrow('no');
  expect(interruption.abortSignal.aborted).toBe(false);
  second.resolve();
  await works[1];
  expect(interruption.abortSignal.aborted).toBe(true);
});

test('without a signal nothing ends', async () => {
  const interruption = new Interruption();
  expect(await interruption.uninterruptible(async () => 'done')).toBe('done');
  expect(interruption.abortSignal.aborted).toBe(false);
  expect(interruption.signalNumber).toBeUndefined();
});
