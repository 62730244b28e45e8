/**
 * Keeps the store equal to the cloud. Every period a sweep, and whenever an event says where to look, a close look. Either
 * only finds suspects by itself: what takes traffic away or leads it elsewhere is done after a close look at those mappings,
 * with the account seen to see everything, and never more of it than the guard lets go. An error does nothing and is tried
 * again.
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Cloud } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { CloudSnapshot } from './cloud-snapshot.ts';
import { type AppliedCorrection, type Correction, type CorrectionResult, changes } from './correction.ts';
import { seesAll, sweepCloud, verifyMappings } from './inspect.ts';
import { awaitsAgent, judge, needsProof } from './judge.ts';
import type { RemovalGuard } from './removal-guard.ts';

/** Whoever has the mappings. */
export interface Mappings {
  /** All that could be read, or those that have to do with one of these IDs. */
  list(relatedTo?: readonly string[]): Promise<readonly Mapping[]>;
  apply(corrections: readonly Correction[]): Promise<CorrectionResult>;
}

export interface MonitorParts {
  readonly cloud: Cloud;
  readonly mappings: Mappings;
  readonly guard: RemovalGuard;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SweepOptions {
  /** Remove however many there are, and take what is proven for true where lists are empty. */
  readonly confirmed?: boolean;
  /** Say what would be done, what the guard would hold back too, and do nothing. */
  readonly dry_run?: boolean;
}

export interface SweepReport {
  /** How many mappings were looked at. */
  readonly mappings: number;
  /** What was to be done; in a dry run what the guard would hold back too. */
  readonly corrections: readonly Correction[];
  readonly applied: readonly AppliedCorrection[];
  /** Why something that was found was not done. */
  readonly heldBack: readonly string[];
}

export interface VerifyReport extends SweepReport {
  /** IDs of mappings that are about to change, and no event says when. */
  readonly pending: readonly string[];
}

/** So many ports are asked whether they are still to be seen. */
const MAX_SAMPLES = 10;

export class Monitor {
  readonly #parts: MonitorParts;
  #samplePorts: readonly string[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #sweptAt: Date | undefined;
  /** How many mappings there were at the last sweep. */
  #known = 0;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** When the last good sweep ended; undefined before the first. */
  get sweptAt(): Date | undefined {
    return this.#sweptAt;
  }

  /** Looks at everything. Throws the errors of Cloud and of whoever has the mappings; then nothing was done. */
  sweep(options: SweepOptions = {}): Promise<SweepReport> {
    return this.#alone(() => this.#sweep(options));
  }

  /** Looks closely at the mappings that have to do with any of these IDs. Throws as sweep does. */
  verify(ids: ReadonlySet<string>): Promise<VerifyReport> {
    return this.#alone(async () => {
      const concerned = await this.#parts.mappings.list([...ids]);
      if (concerned.length === 0) return { mappings: 0, corrections: [], applied: [], heldBack: [], pending: [] };
      const snapshot = await verifyMappings(this.#parts.cloud, concerned);
      const corrections = correctionsOf(concerned, snapshot);
      const report = await this.#finish(
        corrections,
        { lookedAt: concerned.length, all: Math.max(this.#known, concerned.length) },
        {},
      );
      const pending = concerned.filter((mapping) => awaitsAgent(mapping, snapshot)).map(({ id }) => id);
      return { ...report, pending };
    });
  }

  async #sweep(options: SweepOptions): Promise<SweepReport> {
    const { cloud, mappings, guard, clock } = this.#parts;
    const all = await mappings.list();
    this.#known = all.length;
    const { snapshot, bound, empty } = await sweepCloud(cloud, all);
    this.#samplePorts = spread(bound, MAX_SAMPLES);
    if (!options.dry_run) guard.reset();
    const suspected = correctionsOf(all, snapshot);
    const counts = { lookedAt: all.length, all: all.length };
    if (empty.length > 0 && !options.confirmed) {
      const reason = `OpenStack lists no ${empty.join(' and no ')} at all: nothing is removed or led elsewhere; if that is so, \`praas monitor --once --confirm\``;
      const sure = suspected.filter((correction) => !needsProof(correction));
      const report = await this.#finish(sure, counts, options);
      return { ...report, heldBack: [reason, ...report.heldBack] };
    }
    const proven = await this.#proven(suspected, all, options);
    const report = await this.#finish(proven.corrections, counts, options);
    this.#sweptAt = clock.now();
    return { ...report, heldBack: [...proven.heldBack, ...report.heldBack] };
  }

  /** What needs no proof, and what a close look says of the rest. */
  async #proven(
    suspected: readonly Correction[],
    all: readonly Mapping[],
    { confirmed = false, dry_run = false }: SweepOptions,
  ): Promise<{ readonly corrections: readonly Correction[]; readonly heldBack: readonly string[] }> {
    const sure = suspected.filter((correction) => !needsProof(correction));
    const doubtful = suspected.filter(needsProof);
    const removals = doubtful.filter(({ action }) => action === 'delete');
    // A dry run shows what is to be confirmed, as far as it is proven.
    const refused = confirmed || dry_run ? undefined : this.#parts.guard.refuses(removals.length, all.length);
    // What is not to be done anyway has not to be asked for one by one.
    const worth = refused ? doubtful.filter(({ action }) => action !== 'delete') : doubtful;
    const ids = new Set(worth.map(({ mapping_id }) => mapping_id));
    const concerned = all.filter(({ id }) => ids.has(id));
    const close =
      concerned.length === 0 ? [] : correctionsOf(concerned, await verifyMappings(this.#parts.cloud, concerned));
    return { corrections: [...sure, ...close], heldBack: refused ? [sentenceOf(refused)] : [] };
  }

  async #finish(
    corrections: readonly Correction[],
    counts: { readonly lookedAt: number; readonly all: number },
    { confirmed = false, dry_run = false }: SweepOptions,
  ): Promise<SweepReport> {
    const { guard, mappings, cloud, log } = this.#parts;
    const heldBack: string[] = [];
    let allowed = corrections;
    if (corrections.some(needsProof) && !(await seesAll(cloud, this.#samplePorts))) {
      heldBack.push('the account in clouds.yaml does not see all of OpenStack: nothing is removed or led elsewhere');
      allowed = allowed.filter((correction) => !needsProof(correction));
    }
    const removals = allowed.filter(({ action }) => action === 'delete').length;
    const refused = confirmed ? undefined : guard.refuses(removals, counts.all);
    if (refused) {
      heldBack.push(sentenceOf(refused));
      if (!dry_run) allowed = allowed.filter(({ action }) => action !== 'delete');
    }
    if (dry_run || allowed.length === 0)
      return { mappings: counts.lookedAt, corrections: allowed, applied: [], heldBack };
    const { applied, failures } = await mappings.apply(allowed);
    guard.record(applied.filter(({ correction }) => correction.action === 'delete').length);
    for (const { correction, mapping } of applied) log.info('followed the cloud', { ...correction, mapping });
    heldBack.push(...failures.map(({ message }) => `not everything could be done: ${message}`));
    return { mappings: counts.lookedAt, corrections: allowed, applied, heldBack };
  }

  /** One thing at a time: two looks at once would judge the same mapping twice. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#work.then(work, work);
    this.#work = mine.catch(() => undefined);
    return mine;
  }
}

function correctionsOf(mappings: readonly Mapping[], snapshot: CloudSnapshot): Correction[] {
  return mappings.flatMap((mapping) => {
    const correction = judge(mapping, snapshot);
    return correction && changes(mapping, correction) ? [correction] : [];
  });
}

/** Some of them, from all over the list. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}

function sentenceOf({ asked, limit }: { readonly asked: number; readonly limit: number }): string {
  return `${asked} mappings would be removed, and ${limit} may be at once (max_removals_percent); look at \`praas monitor --once --dry-run\`, then \`praas monitor --once --confirm\``;
}
