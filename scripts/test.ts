// Runs the test tiers one after the other and ends with one line that counts them all. Takes the tiers to run (default:
// all). A skipped test counts as failed in CI: a machine that lacks something must not look green.
import { spawnSync } from 'node:child_process';
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
  // A box keeps two cores busy; the first one of a machine waits for its files.
  box: ['--runInBand', '--testTimeout=180000', '--testPathPatterns', '/test/box/'],
  // There is one cloud, some of its tests stop its services, and it takes its time to be back: one after the other.
  lab: ['--runInBand', '--testTimeout=180000', '--testPathPatterns', '/test/lab/'],
};
const LAB = 'lab/lab';
/**
 * Names of network namespaces of its own: what a killed test leaves ends with its tier, and Neutron's agents, which delete the namespaces
 * of routers that they do not know, see none of them.
 */
const APART = 'mkdir -p /run/netns && mount -t tmpfs -o mode=0755 praas-test /run/netns && exec "$@"';
const NOT_APART: readonly string[] = ['box', 'lab'];
/** Where Node keeps what it has compiled, types taken out: the tests start it a thousand times, with the same files. */
const COMPILED = resolve('node_modules/.cache/compiled');
const NOTHING: Counts = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 1,
};

const asked = process.argv.slice(2);
const unknown = asked.find((tier) => !(tier in TIERS));
if (unknown !== undefined) throw new Error(`no tier ${unknown}; there are: ${Object.keys(TIERS).join(', ')}`);
const steps = asked.length === 0 ? [runCommand('types', 'typecheck'), runCommand('lint', 'lint')] : [];
const tiers = asked.length > 0 ? asked : Object.keys(TIERS);
const results = [...steps, ...tiers.map((tier) => (tier === 'lab' ? runOnLab(tier) : runTier(tier)))];
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

interface Result {
  readonly passed: number;
  readonly failed: number;
}

/** Runs an npm script that either holds or does not; only a failure counts. */
function runCommand(name: string, script: string): Result {
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' });
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`);
  return { passed: 0, failed: status === 0 ? 0 : 1 };
}

/** Runs a tier on the lab, and leaves the lab as it was: only one that did not run before is taken down. */
function runOnLab(tier: string): Result {
  const wasRunning = [...running().values()].some((pid) => pid !== undefined);
  const holds = (command: string): boolean => spawnSync(LAB, [command], { stdio: 'inherit' }).status === 0;
  const isReady = holds('up') && holds('topology');
  const result = isReady ? runTier(tier) : { passed: 0, failed: 1 };
  const isLeftAsItWas = wasRunning || holds('down');
  return { ...result, failed: result.failed + (isLeftAsItWas ? 0 : 1) };
}

function runTier(tier: string): Result {
  const directory = mkdtempSync(join(tmpdir(), 'praas-test-'));
  const report = join(directory, 'report.json');
  const started = performance.now();
  // A test that failed may have left something open, and the run ends all the same.
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--forceExit'];
  const reported = ['--json', `--outputFile=${report}`];
  const env = { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: COMPILED };
  const line = [process.execPath, ...jest, ...reported, ...(TIERS[tier] ?? [])];
  // Only root may mount, and only root has tests that need it.
  const isApart = process.getuid?.() === 0 && !NOT_APART.includes(tier);
  const [file = '', ...args] = isApart ? ['unshare', '--mount', 'sh', '-c', APART, 'sh', ...line] : line;
  spawnSync(file, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
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
