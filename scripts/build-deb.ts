// build/praas → build/praas_<version>_amd64.deb, by dpkg-deb alone. The same executable gives the same bytes: every file
// gets the time of the last commit, or SOURCE_DATE_EPOCH.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { renderUnits } from '../src/admin/install/units.ts';
import { loadConfig } from '../src/compose/config.ts';
import { unitFactsOf } from '../src/compose/unit-facts.ts';
import { ROOT, readPackage } from './commands.ts';
import { renderCopyright } from './licences.ts';

export interface DebParts {
  /** What becomes /usr/bin/praas. */
  readonly executable: string;
  /** Where the package is written to. */
  readonly directory: string;
  readonly version: string;
  /** Seconds since 1970; the time of everything in it. */
  readonly epoch: number;
  /** Makes it in a second instead of a minute, and larger: for a test of what it does. */
  readonly inHaste?: boolean;
}

const EXECUTABLE = 'usr/bin/praas';
/** Of a node that has configured nothing yet. */
const { config: DEFAULTS } = await loadConfig({ env: {}, path: '/dev/null' });
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

/** Makes the package, gives its path. */
export function buildDeb({ executable, directory, version, epoch, inHaste = false }: DebParts): string {
  const tree = mkdtempSync(join(tmpdir(), 'praas-deb-'));
  const path = join(directory, `praas_${version}_amd64.deb`);
  try {
    for (const [name, content] of Object.entries(files())) place(join(tree, name), content, 0o644);
    mkdirSync(join(tree, dirname(EXECUTABLE)), { recursive: true });
    copyFileSync(executable, join(tree, EXECUTABLE));
    chmodSync(join(tree, EXECUTABLE), 0o755);
    describe(tree, version);
    setTimes(tree, epoch);
    mkdirSync(directory, { recursive: true });
    // dpkg-deb dates the archive itself by the variable.
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
    const pressing = inHaste ? ['-Zgzip', '-z1'] : ['-Zxz'];
    execFileSync('dpkg-deb', ['--root-owner-group', ...pressing, '--build', tree, path], { env, stdio: 'pipe' });
  } finally {
    rmSync(tree, { recursive: true });
  }
  return path;
}

/** What is in it beside the executable, by path. */
function files(): Readonly<Record<string, string | Buffer>> {
  const of = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
  const units = renderUnits(unitFactsOf(`/${EXECUTABLE}`, DEFAULTS));
  return {
    ...Object.fromEntries(units.map(({ name, text }) => [`usr/lib/systemd/system/${name}`, text])),
    'usr/share/man/man8/praas.8.gz': packed(of('share/man/praas.8')),
    'usr/share/bash-completion/completions/praas': of('share/completions/praas.bash'),
    'usr/share/zsh/vendor-completions/_praas': of('share/completions/_praas'),
    'usr/share/doc/praas/copyright': renderCopyright(),
    'usr/share/doc/praas/changelog.gz': packed(of('CHANGELOG.md')),
  };
}

const packed = (text: string): Buffer => gzipSync(text, { level: 9 });

/** Writes what dpkg reads of the package; all else is in place. */
function describe(tree: string, version: string): void {
  const installed = filesBelow(tree);
  const bytes = installed.reduce((sum, path) => sum + statSync(path).size, 0);
  const sums = installed.map((path) => `${md5(readFileSync(path))}  ${relative(tree, path)}\n`);
  const control = readFileSync(join(ROOT, 'deb/control'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@SIZE@', String(Math.ceil(bytes / 1024)));
  place(join(tree, 'DEBIAN/control'), control, 0o644);
  place(join(tree, 'DEBIAN/md5sums'), sums.join(''), 0o644);
  for (const name of SCRIPTS) place(join(tree, 'DEBIAN', name), readFileSync(join(ROOT, 'deb', name)), 0o755);
}

const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex');

/** Whatever the umask is. */
function place(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const below = (tree: string): string[] =>
  readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .map((path) => join(tree, path))
    .toSorted();

const filesBelow = (tree: string): string[] => below(tree).filter((path) => statSync(path).isFile());

function setTimes(tree: string, epoch: number): void {
  for (const path of [tree, ...below(tree)]) {
    if (statSync(path).isDirectory()) chmodSync(path, 0o755);
    utimesSync(path, epoch, epoch);
  }
}

/** The time of the last commit. */
function lastCommit(): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
}

if (import.meta.main) {
  const { version } = readPackage();
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? lastCommit());
  const directory = join(ROOT, 'build');
  console.log(relative(process.cwd(), buildDeb({ executable: join(directory, 'praas'), directory, version, epoch })));
}
