/**
 * Keeps the store equal to the cloud, by a sweep in each period and a verification of the mappings that a notification names.
 * A sweep alone only finds candidates: a correction that closes a port or sends packets to another server is carried out
 * after a verification of the mapping, while the account sees all projects, and within the limit of RemovalGuard. After an
 * error nothing is carried out, and the next cycle tries again.
 */
import type { SteadyClock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { Queue } from '../../core/queue.ts';
import type { Cloud } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { CloudSnapshot } from './cloud-snapshot.ts';
import { type AppliedCorrection, type Correction, type CorrectionResult, hasEffect } from './correction.ts';
import { awaitsPortUp, evaluate, needsVerification } from './evaluate.ts';
import { seesAllProjects, sweepCloud, verifyMappings } from './inspect.ts';
import type { RemovalGuard } from './removal-guard.ts';
import type { Withheld } from './withheld.ts';

/** The mappings of this process, or of a daemon. */
export interface MappingAccess {
  /** Gives all mappings that can be read, or those that refer to one of these IDs. */
  list(relatedTo?: readonly string[]): Promise<readonly Mapping[]>;
  apply(corrections: readonly Correction[]): Promise<CorrectionResult>;
}

export interface MonitorParts {
  readonly cloud: Cloud;
  readonly mappings: MappingAccess;
  readonly guard: RemovalGuard;
  readonly clock: SteadyClock;
  readonly log: Logger;
}

export interface SweepOptions {
  /** Deletes without a limit, and accepts empty lists. */
  readonly confirmed?: boolean;
  /** Only reports the corrections, including those above the limit. */
  readonly dryRun?: boolean;
}

export interface SweepReport {
  /** Number of mappings that were compared. */
  readonly mappings: number;
  readonly corrections: readonly Correction[];
  readonly applied: readonly AppliedCorrection[];
  /** Why other corrections were not carried out. */
  readonly withheld: readonly Withheld[];
}

export interface VerifyReport extends SweepReport {
  /** IDs of mappings that are about to change without a notification. */
  readonly pending: readonly string[];
}

/** How many mappings were compared, and how many there are. */
interface Counts {
  readonly inspected: number;
  readonly all: number;
}

/** Maximum number of bound ports that show whether the account sees all projects. */
const MAX_SAMPLES = 10;

export class Monitor {
  readonly #parts: MonitorParts;
  /** Two cycles at once would evaluate the same mapping twice. */
  readonly #queue = new Queue();
  #samplePorts: readonly string[] = [];
  #sweptAtMs: number | undefined;
  /** Number of mappings at the last sweep. */
  #mappingCount = 0;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** When the last complete sweep ended; undefined before the first. */
  get sweptAtMs(): number | undefined {
    return this.#sweptAtMs;
  }

  /** Compares all mappings with the cloud. Throws the errors of Cloud and of MappingAccess; then nothing was carried out. */
  sweep(options: SweepOptions = {}): Promise<SweepReport> {
    return this.#queue.run(() => this.#sweep(options));
  }

  /** Verifies the mappings that refer to one of these IDs. Throws as sweep does. */
  verify(ids: ReadonlySet<string>): Promise<VerifyReport> {
    return this.#queue.run(async () => {
      const related = await this.#parts.mappings.list([...ids]);
      if (related.length === 0) return { mappings: 0, corrections: [], applied: [], withheld: [], pending: [] };
      const snapshot = await verifyMappings(this.#parts.cloud, related);
      const corrections = correctionsOf(related, snapshot);
      const counts = { inspected: related.length, all: Math.max(this.#mappingCount, related.length) };
      const report = await this.#carryOut(corrections, counts, {});
      const pending = related.filter((mapping) => awaitsPortUp(mapping, snapshot)).map(({ id }) => id);
      return { ...report, pending };
    });
  }

  async #sweep(options: SweepOptions): Promise<SweepReport> {
    const { cloud, mappings, guard, clock } = this.#parts;
    const all = await mappings.list();
    this.#mappingCount = all.length;
    const { snapshot, boundPortIds, emptyLists } = await sweepCloud(cloud, all);
    this.#samplePorts = sampleEvenly(boundPortIds, MAX_SAMPLES);
    if (!options.dryRun) guard.reset();
    const candidates = correctionsOf(all, snapshot);
    const counts = { inspected: all.length, all: all.length };
    if (emptyLists.length > 0 && !options.confirmed) {
      const safe = candidates.filter((correction) => !needsVerification(correction));
      const report = await this.#carryOut(safe, counts, options);
      const emptyList: Withheld = { code: 'EMPTY_LIST', facts: { resources: emptyLists } };
      return { ...report, withheld: [emptyList, ...report.withheld] };
    }
    const verified = await this.#verifyCandidates(candidates, all, options);
    const report = await this.#carryOut(verified.corrections, counts, options);
    this.#sweptAtMs = clock.elapsedMs();
    return { ...report, withheld: [...verified.withheld, ...report.withheld] };
  }

  /** Gives the candidates that need no verification, and the corrections that a verification of the others gives. */
  async #verifyCandidates(
    candidates: readonly Correction[],
    all: readonly Mapping[],
    { confirmed = false, dryRun = false }: SweepOptions,
  ): Promise<Pick<SweepReport, 'corrections' | 'withheld'>> {
    const safe = candidates.filter((correction) => !needsVerification(correction));
    const unsafe = candidates.filter(needsVerification);
    const deletions = unsafe.filter(({ action }) => action === 'delete');
    // A dry run verifies the deletions above the limit too, to show what would be confirmed.
    const exceeded = confirmed || dryRun ? undefined : this.#parts.guard.exceeded(deletions.length, all.length);
    // Deletions above the limit are not carried out anyway, so the cloud is not asked about each of them.
    const toVerify = exceeded ? unsafe.filter(({ action }) => action !== 'delete') : unsafe;
    const ids = new Set(toVerify.map(({ mapping_id }) => mapping_id));
    const mappings = all.filter(({ id }) => ids.has(id));
    const verified =
      mappings.length === 0 ? [] : correctionsOf(mappings, await verifyMappings(this.#parts.cloud, mappings));
    return {
      corrections: [...safe, ...verified],
      withheld: exceeded ? [{ code: 'TOO_MANY_DELETIONS', facts: exceeded }] : [],
    };
  }

  async #carryOut(
    corrections: readonly Correction[],
    { inspected, all }: Counts,
    { confirmed = false, dryRun = false }: SweepOptions,
  ): Promise<SweepReport> {
    const { guard, mappings, cloud, log } = this.#parts;
    const withheld: Withheld[] = [];
    let allowed = corrections;
    if (corrections.some(needsVerification) && !(await seesAllProjects(cloud, this.#samplePorts))) {
      withheld.push({ code: 'ACCOUNT_LIMITED', facts: {} });
      allowed = allowed.filter((correction) => !needsVerification(correction));
    }
    const deletions = allowed.filter(({ action }) => action === 'delete').length;
    const exceeded = confirmed ? undefined : guard.exceeded(deletions, all);
    if (exceeded) {
      withheld.push({ code: 'TOO_MANY_DELETIONS', facts: exceeded });
      if (!dryRun) allowed = allowed.filter(({ action }) => action !== 'delete');
    }
    if (dryRun || allowed.length === 0) return { mappings: inspected, corrections: allowed, applied: [], withheld };
    const { applied, failures } = await mappings.apply(allowed);
    guard.record(applied.filter(({ correction }) => correction.action === 'delete').length);
    for (const { correction, mapping } of applied) log.info('mapping corrected', { ...correction, mapping });
    withheld.push(
      ...failures.map(
        ({ code, message }): Withheld => ({ code: 'APPLY_FAILED', facts: { error: message, error_code: code } }),
      ),
    );
    return { mappings: inspected, corrections: allowed, applied, withheld };
  }
}

function correctionsOf(mappings: readonly Mapping[], snapshot: CloudSnapshot): Correction[] {
  return mappings.flatMap((mapping) => {
    const correction = evaluate(mapping, snapshot);
    return correction && hasEffect(mapping, correction) ? [correction] : [];
  });
}

/** Gives at most `count` of the items, spread evenly over the list. */
function sampleEvenly<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}
