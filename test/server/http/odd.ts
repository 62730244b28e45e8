/** Input of careless and hostile clients, for property tests. */
import fc from 'fast-check';

/** Names that objects have of their own, and near misses of ours. */
export const oddName = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  '__defineGetter__',
  'length',
  '0',
  '',
  ' ',
  'ID',
  'router_id ',
  'server_ip[]',
  'mapping',
  'mappings',
);
/** Text that is no port, no address, no time; that a shell, a terminal or a file system would act on. */
export const oddText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' 22',
    '22 ',
    '+22',
    '022',
    '0x16',
    '1e3',
    '22.0',
    '-1',
    '0',
    '65536',
    '99999999999999999999',
    'NaN',
    'Infinity',
    'null',
    'true',
    '10.20.0.256',
    '10.20.0.51/33',
    '010.20.0.51',
    '::1',
    '2030-02-30T00:00:00Z',
    '2030-01-01T00:00:00+02:00',
    '../../../etc/passwd',
    '--jump',
    '-A;reboot',
    '$(reboot)',
    '\u0000',
    '\u202e',
    '\ud800',
    '%00',
    'halt',
  ),
  fc.constantFrom(300, 5000).map((length) => 'x'.repeat(length)),
);
const nested = fc.oneof(
  fc.constantFrom(10, 1000, 100_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(10, 1000, 50_000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** Values as JSON text, so that it can say what no object can. Deep ones are slow, and few are enough. */
export const oddJson = fc.oneof(
  { weight: 10, arbitrary: fc.json() },
  { weight: 10, arbitrary: oddText.map((text) => JSON.stringify(text)) },
  { weight: 5, arbitrary: fc.double().map(String) },
  { weight: 5, arbitrary: fc.bigInt().map(String) },
  { weight: 5, arbitrary: fc.constantFrom('1e999', '-1e999', '1e-999', '-0', '22.5', '9007199254740993') },
  { weight: 5, arbitrary: fc.constantFrom('0x16', '022', '', '{', '[', '"', 'tru', '[[]]', '[null]', '{"0":1}') },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '{"__proto__":{"enabled":true}}',
      '{"constructor":{"prototype":{}}}',
      '{"length":{"valueOf":1,"toString":1}}',
    ),
  },
  { weight: 1, arbitrary: nested },
);
