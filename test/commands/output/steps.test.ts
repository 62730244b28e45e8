import { expect, test } from '@jest/globals';
import { PlainSteps } from '../../../src/commands/output/steps.ts';

test('without a terminal each step is one line that begins with what became of it', async () => {
  const lines: string[] = [];
  const view = new PlainSteps((line) => lines.push(line));
  view.started();
  view.completed('install a file', undefined);
  view.completed('start a service', 'ready');
  view.failed('start another');
  view.undone(['start a service'], ['install a file: the disk is gone']);
  await view.drawn();
  expect(lines).toEqual([
    'done    install a file',
    'done    start a service: ready',
    'failed  start another',
    'undone  start a service',
    'not undone  install a file: the disk is gone',
  ]);
});
