/** share/man/praas.8 as man shows it. That it is up to date is in docs.test.ts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readManifest, shownOf, wordsOf } from '../scripts/commands.ts';
import { ACTIONS } from '../src/compose/actions.ts';

const PAGE = fileURLToPath(new URL('../share/man/praas.8', import.meta.url));
/** On lines so long that nothing is broken. */
const TEXT = execFileSync('mandoc', ['-Tutf8', '-Owidth=900', PAGE], { encoding: 'utf8' }).replaceAll(/.[\b]/g, '');

test('mandoc has nothing to say against it', () => {
  const { stdout, stderr, status } = spawnSync('mandoc', ['-Tlint', PAGE], { encoding: 'utf8' });

  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('has the sections of a manual page, in their order', () => {
  const sections = [...TEXT.matchAll(/^([A-Z][A-Z ]+)$/gm)].map(([, name]) => name);

  expect(sections).toEqual([
    'NAME',
    'SYNOPSIS',
    'DESCRIPTION',
    'COMMANDS',
    'OPTIONS OF MANY COMMANDS',
    'FILES',
    'POLICY',
    'ENVIRONMENT',
    'EXIT STATUS',
    'EXAMPLES',
    'SEE ALSO',
  ]);
  expect(TEXT).toMatch(/praas - publishes ports/);
});

test.each(shownOf(readManifest()))(
  'says of $id what it does, and has each of its flags that are for people',
  (command) => {
    const heading = new RegExp(`^ +praas ${wordsOf(command)}(?: [A-Z[].*)?$`, 'm');

    expect(TEXT).toMatch(heading);
    expect(TEXT.toLowerCase()).toContain(`${command.summary?.toLowerCase()}.`);
    for (const { name, description = '', hidden, helpGroup } of Object.values(command.flags)) {
      // Those for OpenStack are hidden because they are many; this page has room.
      if (hidden === true && helpGroup === undefined) continue;
      expect(TEXT).toMatch(new RegExp(`^ +(?:-\\w, )?--${name}\\b`, 'm'));
      expect(TEXT).toContain(description.replaceAll('`', ''));
    }
  },
);

test.each(Object.entries(ACTIONS))(
  'has the action %s of the policy file with its level',
  (action, { level, description }) => {
    expect(TEXT).toMatch(new RegExp(`^ +${action}\\s+${level}; ${description}$`, 'm'));
  },
);
