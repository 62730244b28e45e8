// src/sea.ts → one executable: esbuild → V8 code cache of warmed runs → single-executable blob → copy of the pinned,
// stripped node. Takes the path of the executable to make. What only the daemon needs is a script of its own (more than
// half of all code), so that commands do not carry it: src/compose/daemon.ts is where the two meet.
import { execFileSync } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { decideCreate } from '../src/pat/decision.ts';
import { emptyRecord } from '../src/pat/record.ts';
import { FileStore } from '../src/store/file-store.ts';
import { newUuid, systemClock } from '../src/system/clock.ts';
import { createExec } from '../src/system/exec.ts';

const out = process.argv[2] ?? 'build/praas';
const work = join(dirname(out), 'parts');
/** The code cache holds only for this exact V8, so the same node warms it and becomes the executable. */
const node = process.execPath;
/** What the commands' script calls the daemon's. */
const DAEMON = 'praas:daemon';
const STORE_TIMEOUT_MS = 10_000;
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Every command that people wait for: what these runs compile is in the cache. They end before they change anything. */
const WARM_RUNS = [
  ['pat', 'list'],
  ['pat', 'list', '-f', 'json'],
  ['pat', 'create', '--help'],
  ['pat', 'create', '-r', 'warm-up', '--server-ip', '10.0.0.1', '--port', '22'],
  ['pat', 'create', '-r', 'warm-up', '--server-ip', '10.0.0.1', '--port', '22', '--dry-run'],
  ['router', 'list'],
  ['config', 'show'],
  ['--version'],
];

mkdirSync(work, { recursive: true });
await bundle('app', 'src/sea.ts');
await bundle('daemon', './src/compose/daemon.ts');
writeStarters();
await warm();
assemble();
rmSync(work, { recursive: true });

/** Makes one script of an entry and all it imports, but for what is a script of its own. */
async function bundle(name: string, entry: string): Promise<void> {
  const apart: Plugin = {
    name: 'daemon-apart',
    setup(building) {
      building.onResolve({ filter: /\/compose\/daemon\.ts$/ }, ({ kind }) =>
        kind === 'entry-point' ? undefined : { path: DAEMON, external: true },
      );
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // What is a script of its own is asked for as a module of Node's.
    supported: { 'dynamic-import': false },
    write: false,
    minify: true,
    keepNames: true,
    legalComments: 'none',
    plugins: [apart],
    define: {
      'process.env.NODE_ENV': '"production"',
      'import.meta.url': '__importMetaUrl',
    },
  });
  const code = outputFiles[0]?.text ?? '';
  const head = "const __importMetaUrl=require('node:url').pathToFileURL(process.execPath).href;";
  writeFileSync(join(work, `${name}.js`), `(function(exports,require,module,__filename,__dirname){${head}${code}\n})`);
}

/** The two ways to run the scripts: to fill the code cache, and in the executable. */
function writeStarters(): void {
  // `oclif` ends the process; the cache is taken at that moment, and the next run starts from it.
  writeFileSync(
    join(work, 'warm.cjs'),
    `const vm = require('node:vm'), fs = require('node:fs'), cache = ${JSON.stringify(join(work, 'app.cache'))};
const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
const script = new vm.Script(fs.readFileSync(${JSON.stringify(join(work, 'app.js'))}, 'utf8'), { filename: 'praas.js', cachedData });
process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, __filename, __dirname);`,
  );
  writeFileSync(
    join(work, 'boot.cjs'),
    `const sea = require('node:sea'), vm = require('node:vm');
const load = (id) => (id === ${JSON.stringify(DAEMON)} ? run('daemon.js') : require(id));
function run(name, cachedData) {
  const script = new vm.Script(sea.getAsset(name, 'utf8'), { filename: name, cachedData });
  if (script.cachedDataRejected && process.env.PRAAS_DEBUG_CACHE) process.stderr.write('code cache rejected\\n');
  const module_ = { exports: {} };
  script.runInThisContext()(module_.exports, Object.assign(load, require), module_, __filename, __dirname);
  return module_.exports;
}
run('app.js', new Uint8Array(sea.getRawAsset('app.cache')));`,
  );
}

/** Runs the bundle with nothing of this machine in reach: state, log and namespaces are in a throwaway directory. */
async function warm(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'praas-build-'));
  const env = {
    ...process.env,
    PRAAS_STATE_DIR: join(scratch, 'state'),
    PRAAS_LOG_DIR: join(scratch, 'log'),
    PRAAS_NETNS_DIR: join(scratch, 'netns'),
    PRAAS_SOCKET_PATH: join(scratch, 'praas.sock'),
    PRAAS_CLOUDS_PATH: join(scratch, 'clouds.yaml'),
    PRAAS_URL: '',
    PRAAS_CONFIG: join(scratch, 'praas.conf'),
  };
  try {
    writeFileSync(env.PRAAS_CONFIG, '[praas]\n');
    await storeMapping(env.PRAAS_STATE_DIR);
    for (const args of WARM_RUNS) {
      try {
        execFileSync(node, [join(work, 'warm.cjs'), ...args], { env, stdio: 'ignore' });
      } catch {
        // Some of them end with an error on purpose: there is no such router.
      }
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Without a mapping to read and draw, the runs would compile nothing of what reads and draws them. */
async function storeMapping(state_dir: string): Promise<void> {
  const [exec, clock] = [createExec(STORE_TIMEOUT_MS, process.env), systemClock];
  const store = new FileStore({ state_dir, exec, clock, lock_timeout_seconds: 1, command: 'build' });
  const policy = { router_port_range: { first: 4000, last: 4100 }, reserved_ports: [], masquerade: 'auto' as const };
  const record = emptyRecord('warm-up');
  const situation = { record, router: undefined, policy, now: clock.now(), force: true };
  const wanted = { router_id: 'warm-up', gateway_ip: '192.0.2.1', server_ip: '10.0.0.1', server_port: 22, name: 'ssh' };
  const { delta } = decideCreate(situation, wanted, newUuid());
  await store.transaction('warm-up', (transaction) => transaction.commit(delta));
  await store.close();
}

/** What src/system/share.ts reads: every file of share/, by its path. */
function sharedFiles(): Readonly<Record<string, string>> {
  const entries = readdirSync('share', { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.toSorted().map((path) => [path, path]));
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
      execArgv: ['--min-semi-space-size=16'],
      assets: {
        'app.js': asset('app.js'),
        'app.cache': asset('app.cache'),
        'daemon.js': asset('daemon.js'),
        ...sharedFiles(),
      },
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
  // Put in place in one step: somebody may be running the old one.
  renameSync(made, out);
}
