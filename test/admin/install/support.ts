/** An installation into a directory, with a systemd that only records the requests. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { praasError } from '../../../src/admin/errors.ts';
import type { DesiredFiles } from '../../../src/admin/install/file-plan.ts';
import type { InstallationParts } from '../../../src/admin/install/installation.ts';
import { pathsBelow, SERVICES, type ServiceName } from '../../../src/admin/install/paths.ts';
import { runSteps, type Step, type StepObserver } from '../../../src/admin/install/step.ts';
import { Systemd } from '../../../src/admin/install/systemd.ts';
import { Tree } from '../../../src/admin/install/tree.ts';
import type { Command, Exec } from '../../../src/system/exec.ts';

/** Records what became of the steps. */
class Recorder implements StepObserver {
  readonly lines: string[] = [];
  started(): void {}
  completed(title: string, note?: string): void {
    this.lines.push(note === undefined ? title : `${title}: ${note}`);
  }
  failed(title: string, reason: string): void {
    this.lines.push(`failed ${title}: ${reason}`);
  }
  undone(titles: readonly string[], failures: readonly string[]): void {
    this.lines.push(...titles.map((title) => `undone ${title}`), ...failures.map((each) => `not undone ${each}`));
  }
}

/** Services as a test sets them; the start of one that is in `broken` fails. */
export class FakeSystemd extends Systemd {
  readonly requests: string[] = [];
  readonly broken = new Set<string>();
  readonly active = new Set<string>();
  readonly enabled = new Set<string>();

  constructor(exec: Exec, tree: Tree) {
    super(exec, exec, tree, 1000);
  }

  override async isRunning(): Promise<boolean> {
    return true;
  }

  override async state(service: ServiceName): ReturnType<Systemd['state']> {
    return { isActive: this.active.has(service), isEnabled: this.enabled.has(service) };
  }

  override async daemonReload(): Promise<void> {
    this.requests.push('reload');
  }

  override async enable(services: readonly string[]): Promise<void> {
    for (const service of services) this.enabled.add(service);
  }

  override async disable(services: readonly string[]): Promise<void> {
    for (const service of services) this.enabled.delete(service);
  }

  override async stop(services: readonly string[]): Promise<void> {
    for (const service of services) this.active.delete(service);
    this.requests.push(`stop ${services.join(' ')}`);
  }

  override async restart(service: ServiceName): Promise<boolean> {
    this.requests.push(`restart ${service}`);
    if (this.broken.has(service)) throw praasError('SERVICE_NOT_READY', { service, journal: 'it is broken' });
    this.active.add(service);
    return true;
  }

  override restartUninterrupted(service: ServiceName): Promise<boolean> {
    return this.restart(service);
  }

  override async resetFailed(): Promise<void> {}
}

export class TestSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'praas-install-'));
  readonly tree = new Tree(this.directory);
  readonly paths = pathsBelow('/usr/local');
  readonly commands: Command[] = [];
  /** The result of each program. */
  answer: Exec = async () => ({ exitCode: 0, stdout: '', stderr: '' });
  readonly systemd = new FakeSystemd((command) => this.answer(command), this.tree);
  missingTools: { readonly tool: string; readonly package: string }[] = [];
  owner: string | undefined;
  meantToRun = new Set<string>(SERVICES);

  get parts(): InstallationParts {
    return {
      tree: this.tree,
      paths: this.paths,
      systemd: this.systemd,
      exec: (command) => {
        this.commands.push(command);
        return this.answer(command);
      },
      missingTools: () => this.missingTools,
      isMeantToRun: async (service) => this.meantToRun.has(service),
      ownerOf: async () => this.owner,
    };
  }

  /** The files of a version of praas. */
  desired(version: string, changes: Partial<DesiredFiles> = {}): DesiredFiles {
    const { paths } = this;
    const file = (path: string, mode = 0o644) => ({ path, content: { text: `${path} of ${version}\n` }, mode });
    return {
      version,
      files: [file(paths.executable, 0o755), ...SERVICES.map((name) => file(`${paths.units}/${name}`))],
      settings: [
        { path: '/usr/local/etc/praas/praas.conf', content: { text: `default of ${version}\n` }, mode: 0o600 },
      ],
      directories: [{ path: '/var/lib/praas', mode: 0o700 }],
      absent: [],
      ...changes,
    };
  }

  /** Runs the steps, and gives one line for each with its note. */
  async run(
    steps: readonly Step[],
    abortSignal = new AbortController().signal,
    observer?: StepObserver,
  ): Promise<readonly string[]> {
    const recorder = new Recorder();
    await runSteps(steps, observer ?? recorder, abortSignal);
    return recorder.lines;
  }

  /** Every file with its mode and content, every directory. */
  content(): Readonly<Record<string, string>> {
    const entries = readdirSync(this.directory, { recursive: true, withFileTypes: true });
    return Object.fromEntries(
      entries
        .map((entry): [string, string] => {
          const path = join(entry.parentPath, entry.name);
          const mode = (statSync(path).mode & 0o7777).toString(8);
          return [path.slice(this.directory.length), `${mode} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`];
        })
        .toSorted(([a], [b]) => a.localeCompare(b)),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
