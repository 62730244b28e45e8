// The life of a daemon, with listeners and parts that only take notes.
import { beforeEach, expect, test } from '@jest/globals';
import { Daemon } from '../../src/compose/daemon.ts';
import { ListLog } from '../support/fake-node.ts';

interface Settings {
  readonly certificate: string;
}

const TLS = { cert: Buffer.from('cert'), key: Buffer.from('key') };
const PLAIN: Settings = { certificate: '' };
const SECURE: Settings = { certificate: '/srv/tls.pem' };

let notes: string[];
let log: ListLog;

beforeEach(() => {
  notes = [];
  log = new ListLog();
});

const note = async (text: string): Promise<void> => void notes.push(text);
const partOf = (name: string): { start(): Promise<void>; stop(): Promise<void> } => ({
  start: () => note(`start ${name}`),
  stop: () => note(`stop ${name}`),
});

function daemonOf(first: Settings): Daemon<Settings> {
  const listener = {
    where: 'http://127.0.0.1:1',
    open: () => note('open'),
    close: () => note('close'),
    renewTls: () => void notes.push('renew'),
  };
  return new Daemon<Settings>({
    settings: { current: first, fixed: () => [], apply: ({ certificate }) => void notes.push(`apply ${certificate}`) },
    tls: { keys: ['certificate'], read: async ({ certificate }) => (certificate === '' ? undefined : TLS) },
    readFiles: async () => () => undefined,
    lock: () => note('lock'),
    listeners: () => [listener],
    summary: '',
    logNotices: () => undefined,
    parts: [partOf('a'), partOf('b')],
    supervisor: { ready: () => note('ready'), reloading: async () => undefined, stopping: async () => undefined },
    log,
    reopenLog: () => void notes.push('reopen'),
    version: '1.0.0',
    graceMs: 0,
    close: () => note('released'),
  });
}

test('it locks before it listens, starts parts in order, and stops them in reverse order', async () => {
  const daemon = daemonOf(PLAIN);
  await daemon.start();
  await daemon.stop();

  const start = ['lock', 'open', 'start a', 'start b', 'ready'];
  expect(notes).toEqual([...start, 'close', 'stop b', 'stop a', 'released']);
});

test('a new certificate is in force after a reload', async () => {
  const daemon = daemonOf(SECURE);
  await daemon.start();
  notes = [];
  await daemon.reload(async () => SECURE);

  expect(notes).toEqual(['reopen', 'renew', `apply ${SECURE.certificate}`, 'ready']);
  expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

test('a listener does not begin to speak TLS while it runs: the keys of the certificate are named', async () => {
  const daemon = daemonOf(PLAIN);
  await daemon.start();
  await daemon.reload(async () => SECURE);

  expect(notes).not.toContain('renew');
  expect(log.lines.at(-1)).toMatchObject({ level: 'warn', details: { keys: ['certificate'] } });
});

test('a configuration that cannot be read changes nothing', async () => {
  const daemon = daemonOf(SECURE);
  await daemon.start();
  notes = [];
  await daemon.reload(() => Promise.reject(new Error('no')));

  expect(notes).toEqual(['reopen', 'ready']);
  expect(log.lines.at(-1)).toMatchObject({ level: 'warn', details: { error: 'no' } });
});
