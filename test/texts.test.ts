/**
 * Every sentence that people see stands in test/golden/texts, one file for each kind: a wording is changed there (with
 * PRAAS_GOLDEN=write) and is read there as a whole. Other tests assert codes and facts.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readManifest, readPackage, remarks, shownOf, usageText, wordsOf } from '../scripts/commands.ts';
import { renamedText } from '../src/commands/output/renamed-key.ts';
import { SECTIONS } from '../src/compose/config.ts';
import { port } from '../src/core/settings/kinds.ts';
import { key as declareKey } from '../src/core/settings/sections.ts';
import { withheldText } from '../src/pat/follow/withheld.ts';
import { REASON_CODES, reasonText } from '../src/pat/mapping/reasons.ts';
import { misplacedKey } from '../src/system/config/refusals.ts';
import { errorOf, FILE, KEYS, load } from './support/config.ts';
import { allFactsOf, CATALOGUES, CODES, sampleOf } from './support/error-facts.ts';
import { expectGolden } from './support/golden.ts';
import { CONCLUSIONS, HOPS, JUDGEMENTS } from './support/judgements.ts';
import { logLinesOf } from './support/log-lines.ts';
import { REASON_SAMPLES, WITHHELD_SAMPLES } from './support/reasons.ts';
import { IMPORT_REASONS, WARNINGS } from './support/sentences.ts';
import { readSourceTree, sourceFile } from './support/source-tree.ts';

const TOY_KEYS = { size: declareKey(port, '1', 'size of the toy') };
const pages = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`;

test.each(Object.entries(CATALOGUES))('errors of %s', (product, entries) => {
  const codes = CODES.filter((code) => code in entries).toSorted();
  const texts = codes.flatMap((code) =>
    allFactsOf(code).map((facts) => {
      const { kind, message, nextSteps } = sampleOf(code, facts);
      return [`${code} (${kind})`, message, ...nextSteps.map((step) => `  ${step}`)].join('\n');
    }),
  );
  expectGolden(`texts/${product}.errors.txt`, pages(texts));
});

/** A product has the commands of the topic with its name; all others are of published ports. */
const productOf = (words: string): string => {
  const [topic = ''] = words.split(' ');
  return topic in CATALOGUES ? topic : 'pat';
};

test.each([...Map.groupBy(shownOf(readManifest()), (command) => productOf(wordsOf(command)))])(
  'help of %s',
  (product, its) => {
    const topics = Object.entries(readPackage().oclif.topics).flatMap(([name, { description }]) =>
      productOf(name.replaceAll(':', ' ')) === product ? [`${name}: ${description}`] : [],
    );
    const commands = its.map((command) => {
      const inputs = [...Object.values(command.args), ...Object.values(command.flags)];
      const lines = inputs.map((input) =>
        [`  ${usageText(input)}: ${input.description ?? ''}`, ...remarks(input).map((remark) => `(${remark})`)].join(
          ' ',
        ),
      );
      return [wordsOf(command), `  ${command.summary ?? ''}`, `  ${command.description ?? ''}`, ...lines].join('\n');
    });
    expectGolden(`texts/${product}.help.txt`, pages([topics.join('\n'), ...commands]));
  },
);

test('keys of praas.conf', async () => {
  const keys = KEYS.map(({ fullName, variable, key }) => {
    const { fallback, kind, description, isReloadable, formerly } = key;
    const facts = [fallback || 'empty', variable, isReloadable ? 'reload' : 'restart', ...(formerly ? [formerly] : [])];
    return [`${fullName} (${facts.join(', ')})`, `  ${description}`, `  allowed: ${kind.allowed}`].join('\n');
  });
  const mistakes = [
    ['[pras]'],
    ['[proxies]'],
    ['[praas]', 'state_dri = /srv'],
    ['[praas]', 'lock_timeouts = 3'],
    ['[praas]', 'colour = red'],
    ['port_app = 3000'],
    ['colour = red'],
    ['[praas]', 'port_app = 1', 'port_app = 2'],
    ['[praas]', 'retain = 1', 'retain_days = 2'],
    ['[praas]', 'retain_days = 1', 'retain = 2'],
    ['[praas]', 'port_app 3000'],
    ['[praas]', 'state_dir = /srv/\uFFFD'],
    ['[praas]', 'port_app = 3000#x'],
    ['[praas]', 'backend ='],
  ];
  const errors = await Promise.all(mistakes.map(async (lines) => (await errorOf(load(lines))).message));
  const misplaced = misplacedKey(`${FILE}:2`, { section: 'praas', name: 'size' }, { ...SECTIONS, toy: TOY_KEYS });
  const { renamed } = await load(['[praas]', 'retain = 5'], { PRAAS_LOCK_TIMEOUT: '5' });
  const texts = [...keys, ...errors, misplaced.message, ...renamed.map(renamedText)];
  expectGolden('texts/config.txt', pages(texts));
});

test('doctor', () => {
  const texts = JUDGEMENTS.map(({ check, verdict, detail, next_step }) =>
    [`${verdict} ${check}: ${detail}`, ...(next_step === '' ? [] : [`  ${next_step}`])].join('\n'),
  );
  expect(new Set(JUDGEMENTS.map(({ verdict }) => verdict)).size).toBe(4);
  expectGolden('texts/admin.doctor.txt', pages(texts));
});

test('check', () => {
  const texts = HOPS.map(({ hop, verdict, detail, next_step }) =>
    [`${verdict} ${hop}: ${detail}`, ...(next_step === '' ? [] : [`  ${next_step}`])].join('\n'),
  );
  expectGolden('texts/pat.check.txt', pages([...texts, ...CONCLUSIONS]));
});

test('import', () => {
  expectGolden('texts/pat.import.txt', `${IMPORT_REASONS.join('\n')}\n`);
});

test('warnings', () => {
  expectGolden('texts/pat.warnings.txt', `${WARNINGS.join('\n')}\n`);
});

test('reasons of mappings', () => {
  expect(REASON_SAMPLES.map(({ code }) => code)).toEqual(REASON_CODES);
  expectGolden('texts/pat.reasons.txt', pages(REASON_SAMPLES.map((each) => `${each.code}\n${reasonText(each)}`)));
});

test('withheld corrections', () => {
  expectGolden('texts/pat.monitor.txt', pages(WITHHELD_SAMPLES.map((each) => `${each.code}\n${withheldText(each)}`)));
});

/** An event of a few words, and behind a semicolon what praas does about it; the facts are fields. */
const LOG_MESSAGE = /^[A-Za-z_]+(?: [A-Za-z_-]+){0,7}(?:; [a-z_]+(?: [A-Za-z_]+){0,7})?$/;

test('lines of the log', () => {
  const lines = readSourceTree(fileURLToPath(new URL('../src/', import.meta.url))).flatMap(logLinesOf);

  expect(lines.map(({ message }) => message).filter((message) => !LOG_MESSAGE.test(message))).toEqual([]);
  const texts = lines.map(({ level, message, fields }) => [`${level}: ${message}`, ...fields].join(' '));
  expectGolden('texts/logs.txt', `${texts.toSorted().join('\n')}\n`);
});

test.each(['log.warn(message, { a });', 'log.info(`listening on ${where}`);', 'this.#log.warn(\n  text,\n);'])(
  'a line of the log whose message this test could not read is refused: %s',
  (text) => {
    expect(() => logLinesOf(sourceFile('pat/x.ts', text))).toThrow('src/pat/x.ts: write the message of a log line');
  },
);
