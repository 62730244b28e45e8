// Runs the test tiers and ends with one line that counts them all. Takes the tiers to run, one after the other (default: all,
// as below). A skipped test counts as failed in CI: a machine that lacks something must not look green.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { running } from '../lab/services.ts';

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const ROOT_TIERS = ['kernel', 'cli', 'daemon', 'box', 'lab'];
const TIERS: Readonly<Record<string, readonly string[]>> = {
  fast: ['--testPathIgnorePatterns', ...ROOT_TIERS.map((tier) => `/test/${tier}/`)],
  kernel: ['--testPathPatterns', '/test/kernel/'],
  cli: ['--testPathPatterns', '/test/cli/'],
  daemon: ['--testPathPatterns', '/test/daemon/'],
  // One at a time; the first one of a machine waits for its files.
  box: ['--runInBand', '--testTimeout=180000', '--testPathPatterns', '/test/box/'],
  // There is one cloud, some of its tests stop its services, and it takes its time to be back: one after the other.
  lab: ['--runInBand', '--testTimeout=180000', '--testPathPatterns', '/test/lab/'],
};
const LAB = 'lab/lab';
/** Where Node keeps what it has compiled, types taken out: the tests start it a thousand times, with the same files. */
const COMPILED = resolve('node_modules/.cache/compiled');
const NOTHING: Counts = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 1,
};

/** These look at nothing of the machine: the packages of the lab are installed meanwhile, where they are missing. */
const FIRST: readonly string[] = ['types', 'lint'];
/**
 * The tests of the lab and of the boxes wait for OpenStack and systemd half of their time: beside them run those that need a
 * processor and little else. What follows measures times, or fills both cores by itself.
 */
const TOGETHER: readonly (readonly string[])[] = [['lab'], ['box'], ['fast', 'cli']];
const AFTER: readonly string[] = ['kernel', 'daemon'];

const asked = process.argv.slice(2);
const unknown = asked.find((tier) => !(tier in TIERS));
if (unknown !== undefined) throw new Error(`no tier ${unknown}; there are: ${Object.keys(TIERS).join(', ')}`);
const results = asked.length > 0 ? await inTurn(asked) : await everything();
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

interface Result {
  readonly passed: number;
  readonly failed: number;
}

async function everything(): Promise<readonly Result[]> {
  // Without them the lab's tests fail, and say why: see below.
  const [first] = await Promise.all([inTurn(FIRST), holds(LAB, ['packages'])]);
  const together = await Promise.all(TOGETHER.map(inTurn));
  return [...first, ...together.flat(), ...(await inTurn(AFTER))];
}

async function inTurn(names: readonly string[]): Promise<readonly Result[]> {
  const ended: Result[] = [];
  for (const name of names) ended.push(await runStep(name));
  return ended;
}

function runStep(name: string): Promise<Result> {
  if (name === 'types') return runScript(name, 'typecheck');
  if (name === 'lint') return runScript(name, 'lint');
  return name === 'lab' ? runOnLab(name) : runTier(name);
}

/** Runs an npm script that either holds or does not; only a failure counts. */
async function runScript(name: string, script: string): Promise<Result> {
  const isFine = await holds('npm', ['run', '--silent', script]);
  console.log(`${name}: ${isFine ? 'ok' : 'FAILED'}`);
  return { passed: 0, failed: isFine ? 0 : 1 };
}

async function holds(file: string, args: readonly string[]): Promise<boolean> {
  const [code] = await once(spawn(file, args, { stdio: 'inherit' }), 'close');
  return code === 0;
}

/** Runs a tier on the lab, and leaves the lab as it was: only one that did not run before is taken down. */
async function runOnLab(tier: string): Promise<Result> {
  const wasRunning = [...running().values()].some((pid) => pid !== undefined);
  const isReady = (await holds(LAB, ['up'])) && (await holds(LAB, ['topology']));
  const result = isReady ? await runTier(tier) : { passed: 0, failed: 1 };
  const isLeftAsItWas = wasRunning || (await holds(LAB, ['down']));
  return { ...result, failed: result.failed + (isLeftAsItWas ? 0 : 1) };
}

async function runTier(tier: string): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'praas-test-'));
  const report = join(directory, 'report.json');
  const started = performance.now();
  // A test that failed may have left something open, and the run ends all the same.
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--forceExit'];
  const reported = ['--json', `--outputFile=${report}`];
  const env = { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: COMPILED };
  const args = [...jest, ...reported, ...(TIERS[tier] ?? [])];
  await once(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  const counts = readCounts(report);
  rmSync(directory, { recursive: true });
  const skipped = counts.numPendingTests + counts.numTodoTests;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const broken = counts.numFailedTests + counts.numRuntimeErrorTestSuites + (process.env['CI'] ? skipped : 0);
  console.log(`${tier}: ${counts.numPassedTests} passed, ${broken} failed, ${skipped} skipped in ${seconds} s`);
  // A tier without tests is a tier that was lost.
  const lost = counts.numPassedTests + broken === 0 ? 1 : 0;
  return { passed: counts.numPassedTests, failed: broken + lost };
}

/** A jest that died without a report is a failure too. */
function readCounts(report: string): Counts {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Counts;
  } catch {
    return NOTHING;
  }
}
