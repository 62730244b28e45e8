/** An installation into a directory, with a systemd that only notes what it is asked. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { praasError } from '../../../src/admin/errors.ts';
import type { InstallationParts } from '../../../src/admin/install/installation.ts';
import { placesOf, SERVICES } from '../../../src/admin/install/places.ts';
import type { Wanted } from '../../../src/admin/install/placing.ts';
import { Services } from '../../../src/admin/install/services.ts';
import { type Audience, runSteps, type Step } from '../../../src/admin/install/step.ts';
import { Tree } from '../../../src/admin/install/tree.ts';
import type { Command, Exec } from '../../../src/system/exec.ts';

/** What the steps told. */
export class Heard implements Audience {
  readonly lines: string[] = [];
  begins(): void {}
  done(title: string, note?: string): void {
    this.lines.push(note === undefined ? title : `${title}: ${note}`);
  }
  failed(title: string, reason: string): void {
    this.lines.push(`failed ${title}: ${reason}`);
  }
  undone(titles: readonly string[], failures: readonly string[]): void {
    this.lines.push(...titles.map((title) => `undone ${title}`), ...failures.map((each) => `not undone ${each}`));
  }
}

/** Services as a test sets them; starting one that is in `broken` fails. */
export class FakeServices extends Services {
  readonly asked: string[] = [];
  readonly broken = new Set<string>();
  readonly active = new Set<string>();
  readonly enabled = new Set<string>();
  runs = true;

  constructor(exec: Exec, tree: Tree) {
    super(exec, exec, tree, 1000);
  }

  override async canStart(): Promise<boolean> {
    return this.runs;
  }

  override async state(service: (typeof SERVICES)[number]): ReturnType<Services['state']> {
    return { isActive: this.active.has(service), isEnabled: this.enabled.has(service), unitPath: '' };
  }

  override async reload(): Promise<void> {
    this.asked.push('reload');
  }

  override async enable(services: readonly string[]): Promise<void> {
    for (const service of services) this.enabled.add(service);
  }

  override async disable(services: readonly string[]): Promise<void> {
    for (const service of services) this.enabled.delete(service);
  }

  override async stop(services: readonly string[]): Promise<void> {
    for (const service of services) this.active.delete(service);
    this.asked.push(`stop ${services.join(' ')}`);
  }

  override async restart(service: (typeof SERVICES)[number]): Promise<boolean> {
    this.asked.push(`restart ${service}`);
    if (this.broken.has(service)) throw praasError('SERVICE_NOT_READY', { service, journal: 'it is broken' });
    this.active.add(service);
    return true;
  }

  override bringBack(service: (typeof SERVICES)[number]): Promise<boolean> {
    return this.restart(service);
  }

  override async forget(): Promise<void> {}
}

export class TestSystem {
  readonly directory = mkdtempSync(join(tmpdir(), 'praas-install-'));
  readonly tree = new Tree(this.directory);
  readonly places = placesOf('/usr/local');
  readonly commands: Command[] = [];
  /** What programs answer. */
  answer: Exec = async () => ({ exitCode: 0, stdout: '', stderr: '' });
  readonly services = new FakeServices((command) => this.answer(command), this.tree);
  missing: { readonly tool: string; readonly package: string }[] = [];
  owner: string | undefined;
  meant = new Set<string>(SERVICES);

  get parts(): InstallationParts {
    return {
      tree: this.tree,
      places: this.places,
      services: this.services,
      exec: (command) => {
        this.commands.push(command);
        return this.answer(command);
      },
      missingTools: () => this.missing,
      isMeantToRun: async (service) => this.meant.has(service),
      ownerOf: async () => this.owner,
    };
  }

  /** What a version of praas brings. */
  wanted(version: string, changes: Partial<Wanted> = {}): Wanted {
    const { places } = this;
    const file = (path: string, mode = 0o644) => ({ path, content: { text: `${path} of ${version}\n` }, mode });
    return {
      version,
      files: [file(places.executable, 0o755), ...SERVICES.map((name) => file(`${places.units}/${name}`))],
      settings: [
        { path: '/usr/local/etc/praas/praas.conf', content: { text: `default of ${version}\n` }, mode: 0o600 },
      ],
      directories: [{ path: '/var/lib/praas', mode: 0o700 }],
      empty: [],
      ...changes,
    };
  }

  async run(steps: readonly Step[], ending = new AbortController().signal): Promise<Heard> {
    const heard = new Heard();
    await runSteps(steps, heard, ending);
    return heard;
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
