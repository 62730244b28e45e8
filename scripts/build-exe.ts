// src/sea.ts → one executable: esbuild → V8 code cache of warmed runs → single-executable blob → copy of the pinned,
// stripped node. Takes the path of the executable to make. What many commands do without (the daemon is more than half of
// all code) is in scripts of their own, so that these do not carry it.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build, type Plugin, type StdinOptions } from 'esbuild';
import { defaultPolicy } from '../src/core/identity/policy.ts';
import { ROOT } from '../src/core/identity/requester.ts';
import { parseInput } from '../src/core/values/input.ts';
import { PAT_ACTIONS } from '../src/pat/actions.ts';
import { decideCreate } from '../src/pat/change/decision.ts';
import type { Mapping } from '../src/pat/mapping/mapping.ts';
import { emptyRecord } from '../src/pat/mapping/record.ts';
import { MappingRequest } from '../src/pat/mapping/request.ts';
import { LocalTargets } from '../src/pat/target/targets.ts';
import { FileStore } from '../src/store/files/pat/file-store.ts';
import { newUuid, systemClock } from '../src/system/clock.ts';
import { createExec } from '../src/system/exec.ts';
import { lazyOclif } from './lazy-oclif.ts';
import { thinFacts } from './thin-facts.ts';
import { warmDaemon } from './warm-daemon.ts';

const out = process.argv[2] ?? 'build/praas';
const work = join(dirname(out), 'parts');
/** The code cache holds only for this exact V8, so the same node warms it and becomes the executable. */
const node = process.execPath;
/** Begins the name under which one script asks for another. */
const PREFIX = 'praas:';
/**
 * Scripts of their own: what many commands do without costs those nothing. `imported` is how it is asked for.
 */
const SCRIPTS = [
  { name: 'processes', entry: './src/compose/processes.ts', imported: /\/compose\/processes\.ts$/ },
  { name: 'demo', entry: './src/admin/demo/demo.ts', imported: /\/demo\/demo\.ts$/ },
  { name: 'steps', entry: './src/commands/output/steps.ts', imported: /\/output\/steps\.ts$/ },
  { name: 'execa', entry: 'execa', imported: /^execa$/ },
  { name: 'winston', entry: 'winston', imported: /^winston$/ },
  { name: 'yaml', entry: 'js-yaml', imported: /^js-yaml$/ },
  { name: 'csv', entry: 'csv-stringify/sync', imported: /^csv-stringify\/sync$/ },
  { name: 'fit', entry: './src/commands/output/fit.ts', imported: /^\.\/fit\.ts$/ },
];
/** The thin client with what it knows of the commands. */
const THIN = `${thinFacts()}
import { start } from './src/thin/boot.ts';
export const begin = (leave) => start(FACTS, leave);`;
const STORE_TIMEOUT_MS = 10_000;
const RUN_TIMEOUT_MS = 60_000;
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** What people and systemd wait for: what these runs compile is in the cache. They end before they change anything. */
const WARM_RUNS = [
  ['pat', 'list'],
  ['pat', 'list', '-f', 'json'],
  ['pat', 'create', '--help'],
  ['pat', 'create', '-r', 'warm-up', '--server-ip', '10.0.0.1', '--port', '22'],
  ['pat', 'create', '-r', 'warm-up', '--server-ip', '10.0.0.1', '--port', '22', '--dry-run'],
  ['router', 'list'],
  ['config', 'show'],
  ['monitor', '--check'],
  ['serve'],
  ['--version'],
];
/** The same for the thin client, beside a daemon with the mapping of that ID. */
const thinRuns = (id: string): string[][] => [
  ['pat', 'list'],
  ['pat', 'list', '-f', 'json'],
  ['pat', 'list', '-f', 'value', '-c', 'ID'],
  ['pat', 'show', id],
  ['router', 'list'],
];

mkdirSync(work, { recursive: true });
await bundle('app', 'src/sea.ts');
await bundle('thin', { contents: THIN, resolveDir: '.' });
for (const { name, entry } of SCRIPTS) await bundle(name, entry);
writeStarters();
await warm();
assemble();
rmSync(work, { recursive: true });

/** Makes one script of an entry and all it imports, but for what is a script of its own. */
async function bundle(name: string, entry: string | StdinOptions): Promise<void> {
  const apart: Plugin = {
    name: 'scripts-apart',
    setup(building) {
      for (const script of SCRIPTS) {
        building.onResolve({ filter: script.imported }, ({ kind }) =>
          kind === 'entry-point' ? undefined : { path: `${PREFIX}${script.name}`, external: true },
        );
      }
    },
  };
  const { outputFiles } = await build({
    ...(typeof entry === 'string' ? { entryPoints: [entry] } : { stdin: entry }),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // What is a script of its own is asked for as a module of Node's.
    supported: { 'dynamic-import': false },
    // Read as Latin-1 below, which takes half the time of UTF-8.
    charset: 'ascii',
    write: false,
    minify: true,
    // Names are for stack traces; giving them back costs each start a millisecond.
    keepNames: name !== 'thin',
    legalComments: 'none',
    plugins: [apart, lazyOclif],
    define: {
      'process.env.NODE_ENV': '"production"',
      'import.meta.url': '__importMetaUrl',
    },
  });
  const code = outputFiles[0]?.text ?? '';
  const url = "const __importMetaUrl=require('node:url').pathToFileURL(process.execPath).href;";
  const head = code.includes('__importMetaUrl') ? url : '';
  const script = `(function(exports,require,module,__filename,__dirname){${head}${code}\n})`;
  writeFileSync(join(work, `${name}.js`), script, 'latin1');
}

/**
 * How the scripts run: each once, when it is first asked for. `open` is the text of a function of a script's name that gives
 * its source and, where there is one, its code cache. The thin client begins, and oclif comes when it does not know what to do.
 */
function loader(open: string): string {
  return `const vm = require('node:vm'), ran = new Map(), open = ${open};
const load = (id) => (id.startsWith('${PREFIX}') ? run(id.slice(${PREFIX.length})) : require(id));
function run(name) {
  const before = ran.get(name);
  if (before) return before.exports;
  const { source, cachedData } = open(name);
  const script = new vm.Script(source, { filename: name + '.js', cachedData });
  if (script.cachedDataRejected && process.env.PRAAS_DEBUG_CACHE) process.stderr.write('code cache rejected\\n');
  const module_ = { exports: {}, script };
  ran.set(name, module_);
  script.runInThisContext()(module_.exports, Object.assign(load, require), module_, __filename, __dirname);
  return module_.exports;
}
run('thin').begin(() => run('app'));
`;
}

/** The two ways to run the scripts: to fill the code caches, and in the executable. */
function writeStarters(): void {
  const parts = `${JSON.stringify(work)} + '/' + name`;
  // `oclif` ends the process; the caches are taken at that moment, and the next run starts from them.
  writeFileSync(
    join(work, 'warm.cjs'),
    `const fs = require('node:fs');
${loader(`(name) => ({
  source: fs.readFileSync(${parts} + '.js', 'latin1'),
  cachedData: fs.existsSync(${parts} + '.cache') ? fs.readFileSync(${parts} + '.cache') : undefined,
})`)}
process.on('exit', () => {
  for (const [name, { script }] of ran) fs.writeFileSync(${parts} + '.cache', script.createCachedData());
});
`,
  );
  writeFileSync(
    join(work, 'boot.cjs'),
    `const sea = require('node:sea'), assets = new Set(sea.getAssetKeys());
${loader(`(name) => ({
  source: Buffer.from(sea.getRawAsset(name + '.js')).latin1Slice(),
  cachedData: assets.has(name + '.cache') ? new Uint8Array(sea.getRawAsset(name + '.cache')) : undefined,
})`)}`,
  );
}

/** Runs the bundle with nothing of this machine in reach: state, log and namespaces are in a throwaway directory. */
async function warm(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'praas-build-'));
  const occupied = createServer().listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  const env = {
    ...process.env,
    PRAAS_STATE_DIR: join(scratch, 'state'),
    PRAAS_LOG_DIR: join(scratch, 'log'),
    PRAAS_NETNS_DIR: join(scratch, 'netns'),
    PRAAS_SOCKET_PATH: join(scratch, 'praas.sock'),
    PRAAS_CLOUDS_PATH: join(scratch, 'clouds.yaml'),
    PRAAS_URL: '',
    // `serve` ends when it is to listen.
    PRAAS_LISTEN_ADDRESS: '127.0.0.1',
    PRAAS_PORT_APP: String((occupied.address() as AddressInfo).port),
    PRAAS_CONFIG: join(scratch, 'praas.conf'),
  };
  try {
    writeFileSync(env.PRAAS_CONFIG, '[praas]\n');
    const mapping = await storeMapping(env.PRAAS_STATE_DIR);
    for (const args of WARM_RUNS) await warmRun(args, env);
    const daemon = await warmDaemon(env.PRAAS_SOCKET_PATH, mapping);
    for (const args of thinRuns(mapping.id)) await warmRun(args, env);
    daemon.close();
  } finally {
    occupied.close();
    rmSync(scratch, { recursive: true });
  }
}

async function warmRun(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const run = spawn(node, [join(work, 'warm.cjs'), ...args], { env, stdio: 'ignore', timeout: RUN_TIMEOUT_MS });
  const [, signal] = (await once(run, 'close')) as [number | null, NodeJS.Signals | null];
  // Some of them end with an error on purpose: there is no such router.
  if (signal !== null) throw new Error(`praas ${args.join(' ')} did not end within ${RUN_TIMEOUT_MS / 1000} s`);
}

/** Without a mapping to read and draw, the runs would compile nothing of what reads and draws them. */
async function storeMapping(state_dir: string): Promise<Mapping> {
  const [exec, clock] = [createExec(STORE_TIMEOUT_MS, process.env), systemClock];
  const log = { warn: () => undefined };
  const store = new FileStore({ stateDir: state_dir, exec, clock, lockTimeoutSeconds: 1, command: 'build', log });
  const settings = { router_port_range: { first: 4000, last: 4100 }, reserved_ports: [], masquerade: 'auto' as const };
  const record = emptyRecord('warm-up');
  const situation = { record, router: undefined, settings, now: clock.now(), force: true };
  const request = {
    router_id: 'warm-up',
    gateway_ip: '192.0.2.1',
    server_ip: '10.0.0.1',
    server_port: 22,
    name: 'ssh',
  };
  const notConfigured = (): Error => new Error('a build has no cloud');
  const targets = new LocalTargets({ notConfigured, policy: defaultPolicy(PAT_ACTIONS) });
  const { mapping } = await targets.resolve(parseInput(MappingRequest, request), ROOT);
  const decided = decideCreate(situation, mapping, newUuid());
  await store.transaction('warm-up', (transaction) => transaction.commit(decided.delta));
  await store.close();
  return decided.mapping;
}

/** What src/system/share.ts reads: every file of share/, by its path. */
function sharedFiles(): Readonly<Record<string, string>> {
  const entries = readdirSync('share', { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.toSorted().map((path) => [path, path]));
}

/** The scripts, and the code caches of those that the warm runs have used. */
function scripts(): Readonly<Record<string, string>> {
  const names = readdirSync(work).filter((name) => /\.(js|cache)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, join(work, name)]));
}

function assemble(): void {
  const asset = (name: string): string => join(work, name);
  writeFileSync(
    asset('sea.json'),
    JSON.stringify({
      main: asset('boot.cjs'),
      output: asset('sea.blob'),
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      execArgvExtension: 'none',
      // A command makes about ten megabytes and ends: collecting them on the way cost it a tenth of its time.
      // A signal that tools send in passing must not open the inspector, by which any local user could run code as root.
      execArgv: ['--min-semi-space-size=16', '--disable-sigusr1'],
      assets: { ...scripts(), ...sharedFiles() },
    }),
  );
  execFileSync(node, ['--experimental-sea-config', asset('sea.json')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const made = `${out}.new`;
  copyFileSync(node, made);
  chmodSync(made, 0o755);
  // Stripping comes first: it would throw the blob away.
  execFileSync('strip', ['--strip-all', made]);
  const inject = ['NODE_SEA_BLOB', asset('sea.blob'), '--sentinel-fuse', FUSE];
  // It warns of section names that stripping took away; what it says is shown only when it fails.
  execFileSync('node_modules/.bin/postject', [made, ...inject], { stdio: ['ignore', 'ignore', 'pipe'] });
  // Put in place in one step: a process may be running the old one.
  renameSync(made, out);
}
