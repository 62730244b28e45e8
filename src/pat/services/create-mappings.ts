/**
 * Creates mappings: resolves router and server (Targets), reserves quota (QuotaReserver), checks or opens security groups
 * (SecurityGroupAccess), and then changes the router once. All mappings of a request are created, or none.
 */
import type { Requester } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions, Outcome } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideCreateMany, requireNew } from '../change/decision.ts';
import type { Situation } from '../change/situation.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { GroupFollower } from './group-follower.ts';

interface MappingCreationParts {
  readonly runner: ChangeRunner;
  /** Throws FORBIDDEN for a router port that the requester may not use. */
  readonly requirePort: (routerPort: number | undefined, requester: Requester) => void;
  readonly targets: Targets;
  readonly quotas?: QuotaReserver | undefined;
  readonly groups?: SecurityGroupAccess | undefined;
  readonly follower: GroupFollower;
  readonly view: (mapping: Mapping) => MappingView;
}

export class MappingCreation {
  readonly #parts: MappingCreationParts;

  constructor(parts: MappingCreationParts) {
    this.#parts = parts;
  }

  /** Throws as PatService.createMany does. */
  async run(
    requests: readonly MappingRequest[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { targets, quotas } = this.#parts;
    const { requester } = options;
    for (const { router_port } of requests) this.#parts.requirePort(router_port, requester);
    const resolved = await Promise.all(requests.map((each) => targets.resolve(each, requester)));
    const routerId = requireOneRouter(resolved);
    const reservation = { router_id: routerId, projects: resolved.map(({ mapping }) => mapping.project_id) };
    const opens = requests.map(({ open_security_group, enabled }) => open_security_group && enabled && !options.dryRun);
    const opening = ids.filter((_, index) => opens[index]);
    const work = (): Promise<Changed<readonly MappingView[]>> =>
      this.#parts.follower.opening(routerId, opening, () =>
        this.#createWithGroups(routerId, resolved, options, ids, opens),
      );
    return quotas ? quotas.reserve(reservation, work) : work();
  }

  /** Removes the added security group rules where the mappings are not created. */
  async #createWithGroups(
    routerId: string,
    resolved: readonly ResolvedRequest[],
    options: ChangeOptions,
    ids: readonly string[],
    opens: readonly boolean[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { groups, follower } = this.#parts;
    // Checks only give warnings, so they run beside the change. Groups are opened before it, one after the other, because two
    // mappings may need the same rule.
    const checks = resolved.map(async (each, index) => (opens[index] ? [] : ((await groups?.inspect(each)) ?? [])));
    const inputs: NewMapping[] = [];
    const removeAdded = (): Promise<unknown> =>
      follower.discard(
        routerId,
        ids.filter((_, index) => opens[index]),
      );
    try {
      for (const [index, each] of resolved.entries()) {
        const ruleIds: readonly string[] = opens[index] ? ((await groups?.open(ids[index] ?? '', each)) ?? []) : [];
        inputs.push({ ...each.mapping, security_group_rule_ids: [...ruleIds] });
      }
    } catch (error) {
      await Promise.allSettled([removeAdded(), ...checks]);
      throw error;
    }
    try {
      const changed = await this.#publish(routerId, inputs, options, ids);
      const fromGroups = (await Promise.all(checks)).flat();
      const fromTargets = resolved.flatMap((each) => each.warnings);
      return { ...changed, warnings: [...changed.warnings, ...fromTargets, ...fromGroups] };
    } catch (error) {
      // MAPPING_EXISTS means a repeated request, and the rules that it added belong to the existing mapping.
      if (!isPraasError(error, 'MAPPING_EXISTS')) await removeAdded();
      throw error;
    }
  }

  #publish(
    routerId: string,
    inputs: readonly NewMapping[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { runner, view } = this.#parts;
    return runner.run(routerId, {
      options,
      requiresRouter: true,
      scope: 'port',
      precheck: (record) => requireNew(record, ids),
      decide: (situation: Situation): Outcome<MappingView[]> => {
        const { delta, mappings } = decideCreateMany(situation, inputs, ids);
        return {
          delta,
          ids: mappings.map(({ id }) => id),
          value: (record) => mappings.map((mapping) => view(record.mappings.get(mapping.id) ?? mapping)),
        };
      },
    });
  }
}

/** Gives the router of all these requests. Throws INVALID_INPUT for none and for several. */
function requireOneRouter(resolved: readonly ResolvedRequest[]): string {
  const [routerId, another] = new Set(resolved.map(({ mapping }) => mapping.router_id));
  if (routerId === undefined)
    throw praasError('INVALID_INPUT', { field: 'mappings', found: '[]', allowed: 'one mapping or more' });
  if (another === undefined) return routerId;
  const found = `${routerId} and ${another}`;
  throw praasError('INVALID_INPUT', { field: 'router_id', found, allowed: 'one router for all mappings of a request' });
}
