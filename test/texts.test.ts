/**
 * Every sentence that people see stands in test/golden/texts, one file for each kind: a wording is changed there (with
 * PRAAS_GOLDEN=write) and is read there as a whole. Other tests assert codes and facts.
 */
import { expect, test } from '@jest/globals';
import { readManifest, readPackage, remarks, shownOf, usageText, wordsOf } from '../scripts/commands.ts';
import { CATALOGUES, CODES, FACTS, OTHER_FACTS, sampleOf } from './support/error-facts.ts';
import { expectGolden } from './support/golden.ts';
import { HOPS, JUDGEMENTS } from './support/judgements.ts';

const pages = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`;

test.each(Object.entries(CATALOGUES))('errors of %s', (product, entries) => {
  const codes = CODES.filter((code) => code in entries).toSorted();
  const texts = codes.flatMap((code) =>
    [FACTS[code], OTHER_FACTS[code]].flatMap((facts) => {
      if (facts === undefined) return [];
      const { kind, message, nextSteps } = sampleOf(code, facts);
      return [[`${code} (${kind})`, message, ...nextSteps.map((step) => `  ${step}`)].join('\n')];
    }),
  );
  expectGolden(`texts/${product}.errors.txt`, pages(texts));
});

test('help', () => {
  const topics = Object.entries(readPackage().oclif.topics).map(([name, { description }]) => `${name}: ${description}`);
  const commands = shownOf(readManifest()).map((command) => {
    const inputs = [...Object.values(command.args), ...Object.values(command.flags)];
    const lines = inputs.map((input) =>
      [`  ${usageText(input)}: ${input.description ?? ''}`, ...remarks(input).map((remark) => `(${remark})`)].join(' '),
    );
    return [wordsOf(command), `  ${command.summary ?? ''}`, `  ${command.description ?? ''}`, ...lines].join('\n');
  });
  expectGolden('texts/pat.help.txt', pages([topics.join('\n'), ...commands]));
});

test('doctor', () => {
  const texts = JUDGEMENTS.map(({ check, verdict, detail, next_step }) =>
    [`${verdict} ${check}: ${detail}`, ...(next_step === '' ? [] : [`  ${next_step}`])].join('\n'),
  );
  expect(new Set(JUDGEMENTS.map(({ verdict }) => verdict)).size).toBe(4);
  expectGolden('texts/pat.doctor.txt', pages(texts));
});

test('check', () => {
  const texts = HOPS.map(({ hop, verdict, detail, next_step }) =>
    [`${verdict} ${hop}: ${detail}`, ...(next_step === '' ? [] : [`  ${next_step}`])].join('\n'),
  );
  expectGolden('texts/pat.check.txt', pages(texts));
});
