/**
 * Makes security group rules follow their mappings: after each change, at expiry, and periodically. A change of a mapping holds
 * whether OpenStack answers or not; what could not be done is tried again, also after a restart. Level-triggered: the rules follow the
 * mapping as it is stored, so it does not matter which change asked. A node whose OpenStack is no longer configured keeps the rules to
 * remove until it is again.
 */
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { isPraasError, type PraasError } from '../errors.ts';
import type { SecurityGroupRule } from '../interfaces/cloud.ts';
import type { Orphan, OrphanStore } from '../interfaces/orphan-store.ts';
import type { FollowedMapping, FollowResult, SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { MONITOR_REQUESTER, type NewEvent } from '../mapping/event.ts';
import { isEffective, type Mapping } from '../mapping/mapping.ts';
import { groupWarning } from '../target/warnings.ts';
import { type Changed, changedOf, hasRules, orphanOf } from './changed-mapping.ts';
import { OrphanedRules } from './orphaned-rules.ts';

interface GroupFollowerParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly runner: Pick<ChangeRunner, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly orphans: OrphanStore;
  /** Left out on a node without OpenStack. */
  readonly groups?: SecurityGroupAccess | undefined;
  /** Gives the error of such a node. */
  readonly notConfigured: () => PraasError;
}

/** How many mappings one periodic look reads; the next one goes on from there. */
const MAX_PER_LOOK = 500;
/** A mapping may change while its rules follow it. */
const MAX_ROUNDS = 3;
const MAX_FAILED = 10_000;

export class GroupFollower {
  readonly #parts: GroupFollowerParts;
  readonly #orphans: OrphanedRules;
  /** Mappings that are being created: they are not stored yet, and have rules. */
  readonly #opening = new Set<string>();
  /** Mappings whose rules could not follow, the oldest first. */
  readonly #failed = new Map<string, Changed>();
  /** The ID of the mapping at which the last periodic look ended. */
  #lastLookedAt = '';
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: GroupFollowerParts) {
    this.#parts = parts;
    this.#orphans = new OrphanedRules(parts.orphans, parts.log);
  }

  /** Why a restart would forget rules that have to go; undefined where it would not. */
  get degradedReason(): string | undefined {
    return this.#orphans.degradedReason;
  }

  /** Takes mappings that are about to be deleted: their rules are removed even if this process ends before. Never throws. */
  async expect(mappings: readonly Changed[]): Promise<void> {
    await this.#orphans.add(mappings.filter(hasRules).map(orphanOf));
  }

  /** Does work that adds rules for new mappings and stores these: rules without a mapping are removed even if this process ends before. */
  async opening<T>(routerId: string, ids: readonly string[], work: () => Promise<T>): Promise<T> {
    if (ids.length === 0) return work();
    for (const id of ids) this.#opening.add(id);
    try {
      await this.#orphans.add(ids.map((id) => orphanOf({ id, router_id: routerId })));
      const result = await work();
      await this.#orphans.remove(ids);
      return result;
    } finally {
      for (const id of ids) this.#opening.delete(id);
    }
  }

  /** Makes the rules of these mappings follow them. Gives a warning for each that does not yet. Never throws. */
  async follow(changed: readonly Changed[]): Promise<readonly string[]> {
    const relevant = changed.filter(hasRules);
    if (relevant.length === 0) return [];
    await this.#orphans.add(await this.#gone(relevant));
    if (this.#parts.groups === undefined) return this.#notFollowed(relevant);
    const { results, removed } = await this.#settle(relevant);
    if (removed.length > 0) await this.#settle(await this.#dependents(removed, new Set(relevant.map(({ id }) => id))));
    return results.flatMap(({ id, ruleIds, failure }) =>
      failure === undefined ? [] : [groupWarning(id, ruleIds, failure)],
    );
  }

  /** Removes all rules of mappings that were not created. */
  discard(routerId: string, ids: readonly string[]): Promise<readonly string[]> {
    return this.follow(ids.map((id) => changedOf(orphanOf({ id, router_id: routerId }))));
  }

  /** Takes events as they are appended: the rules of an expired mapping go in the background. */
  noticed(events: readonly NewEvent[]): void {
    const expired = events.filter(({ reason_code }) => reason_code === 'EXPIRED').map(({ mapping }) => mapping);
    if (expired.length === 0) return;
    const follow = this.follow(expired).catch((error: unknown) => {
      this.#parts.log.warn('security group not followed', { error: messageOf(error) });
    });
    this.#running = Promise.all([this.#running, follow]);
  }

  /** Resolves when nothing goes on in the background. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * Looks at mappings whose rules could not follow, and at some of the others: a rule on which a mapping depended may be gone.
   * Never throws.
   */
  async look(): Promise<void> {
    if (this.#parts.groups === undefined) return;
    const orphans = (await this.#orphans.due(MAX_PER_LOOK)).filter(({ mapping_id }) => !this.#opening.has(mapping_id));
    const failed = [...this.#failed.values()].filter(({ id }) => !this.#orphans.has(id)).slice(0, MAX_PER_LOOK);
    const all = (await this.#stored()).filter((mapping) => mapping.open_security_group);
    const sorted = all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const start = sorted.findIndex(({ id }) => id > this.#lastLookedAt);
    const next = sorted.slice(Math.max(start, 0), Math.max(start, 0) + MAX_PER_LOOK);
    this.#lastLookedAt = next.at(-1)?.id ?? '';
    const changed = [...orphans.map(changedOf), ...failed, ...next];
    await this.follow([...new Map(changed.map((each) => [each.id, each])).values()]);
    if (orphans.length > 0) this.#orphans.looked(orphans.every(({ mapping_id }) => !this.#failed.has(mapping_id)));
  }

  /** Where OpenStack was configured when these got their rules, and is not any more. */
  #notFollowed(changed: readonly Changed[]): readonly string[] {
    const withRules = changed.filter((each) => each.security_group_rule_ids.length > 0);
    return withRules.map((each) => groupWarning(each.id, each.security_group_rule_ids, this.#parts.notConfigured()));
  }

  /** Those of them that are not stored. */
  async #gone(changed: readonly Changed[]): Promise<readonly Orphan[]> {
    const current = await this.#current(changed);
    const gone = new Set(current.filter(({ mapping }) => mapping === undefined).map(({ id }) => id));
    return changed.filter(({ id }) => gone.has(id) && !this.#orphans.has(id)).map(orphanOf);
  }

  async #settle(
    changed: readonly Changed[],
  ): Promise<{ results: readonly FollowResult[]; removed: SecurityGroupRule[] }> {
    const results = new Map<string, FollowResult>();
    const removed: SecurityGroupRule[] = [];
    let due = changed;
    for (let round = 0; round < MAX_ROUNDS && due.length > 0; round++) {
      const before = await this.#current(due);
      for (const result of (await this.#parts.groups?.follow(before)) ?? []) {
        results.set(result.id, result);
        removed.push(...result.removed);
      }
      const after = new Map((await this.#current(due)).map((each) => [each.id, each]));
      const seen = new Map(before.map((each) => [each.id, each]));
      due = due.filter(({ id }) => this.#needs(seen.get(id)?.mapping) !== this.#needs(after.get(id)?.mapping));
    }
    for (const each of changed) {
      const result = results.get(each.id);
      this.#remember(each, result);
      if (result !== undefined) await this.#storeIds(each.router_id, result);
    }
    const done = [...results.values()].filter(({ failure }) => failure === undefined);
    await this.#orphans.remove(done.map(({ id }) => id));
    return { results: [...results.values()], removed };
  }

  /** The stored mappings with these IDs. Those of a record that cannot be read are left out: nothing says what they need. */
  async #current(changed: readonly Changed[]): Promise<readonly FollowedMapping[]> {
    const found: FollowedMapping[] = [];
    for (const [routerId, ofRouter] of Map.groupBy(changed, ({ router_id }) => router_id)) {
      try {
        const { mappings } = await this.#parts.store.read(routerId);
        found.push(...ofRouter.map(({ id }) => ({ id, mapping: mappings.get(id) })));
      } catch (error) {
        this.#parts.log.warn('security group not followed', { router_id: routerId, error: messageOf(error) });
      }
    }
    return found;
  }

  /** All that the rules depend on, as one text. */
  #needs(mapping: Mapping | undefined): string {
    if (mapping === undefined || !mapping.open_security_group || !isEffective(mapping, this.#parts.clock.now()))
      return '';
    const { port_id, protocol, server_port, allowed_cidrs } = mapping;
    return [port_id, protocol, server_port, ...allowed_cidrs].join(' ');
  }

  /** `result` is undefined where the record could not be read. */
  #remember(changed: Changed, result: FollowResult | undefined): void {
    const { id } = changed;
    const wasFailing = this.#failed.delete(id);
    const failure = result?.failure;
    if (result !== undefined && failure === undefined) return;
    this.#failed.set(id, changed);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > MAX_FAILED && oldest !== undefined) this.#failed.delete(oldest);
    if (!wasFailing && failure !== undefined)
      this.#parts.log.warn('security group not followed', { mapping: id, error: failure.message });
  }

  /** The IDs are for people: the description of a rule says whose it is. */
  async #storeIds(routerId: string, { id, ruleIds }: FollowResult): Promise<void> {
    const { store, runner, log } = this.#parts;
    const sorted = ruleIds.toSorted();
    const differs = (mapping: Mapping | undefined): mapping is Mapping =>
      mapping !== undefined && mapping.security_group_rule_ids.toSorted().join() !== sorted.join();
    try {
      if (!differs((await store.read(routerId)).mappings.get(id))) return;
      await runner.run<undefined>(routerId, {
        options: { requester: MONITOR_REQUESTER },
        requiresRouter: false,
        scope: 'rules',
        decide: ({ record }) => {
          const mapping = record.mappings.get(id);
          const put = differs(mapping) ? [{ ...mapping, security_group_rule_ids: sorted }] : [];
          return { delta: put.length === 0 ? {} : { put }, ids: put.map((each) => each.id), value: () => undefined };
        },
      });
    } catch (error) {
      if (!isPraasError(error)) throw error;
      log.warn('security group rules not stored', { mapping: id, error: error.message });
    }
  }

  /** Mappings that may have depended on a rule of another one. */
  async #dependents(removed: readonly SecurityGroupRule[], known: ReadonlySet<string>): Promise<readonly Mapping[]> {
    const ports = new Set(removed.map(({ protocol, port_range_min }) => `${protocol} ${port_range_min}`));
    return (await this.#stored()).filter(
      (mapping) =>
        mapping.open_security_group &&
        ports.has(`${mapping.protocol} ${mapping.server_port}`) &&
        !known.has(mapping.id),
    );
  }

  /** The mappings of all records that can be read. */
  async #stored(): Promise<readonly Mapping[]> {
    const { store } = this.#parts;
    const routerIds = await store.routers().catch(() => []);
    const records = await Promise.allSettled(routerIds.map((routerId) => store.read(routerId)));
    return records.flatMap((each) => (each.status === 'fulfilled' ? [...each.value.mappings.values()] : []));
  }
}
