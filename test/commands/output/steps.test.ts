import { expect, test } from '@jest/globals';
import { PlainSteps } from '../../../src/commands/output/steps.ts';

test('without a terminal each step is one line, and what was undone is said', async () => {
  const lines: string[] = [];
  const steps = new PlainSteps((line) => lines.push(line));
  steps.begins();
  steps.done('place a file', undefined);
  steps.done('start a service', 'ready');
  steps.failed('start another');
  steps.undone(['start a service'], ['place a file: the disk is gone']);
  await steps.shown();
  expect(lines).toEqual([
    'done    place a file',
    'done    start a service: ready',
    'failed  start another',
    'undone  start a service',
    'NOT UNDONE  place a file: the disk is gone',
  ]);
});
