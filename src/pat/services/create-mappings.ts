/**
 * New mappings, from what a caller says to what is published: who is meant (Targets), whether the project may have more
 * (Quotas), whether packets will arrive (GroupAccess), and then one change of the router. All of a request or none.
 */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions, Outcome } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideCreateMany, requireNew } from '../change/decision.ts';
import type { Situation } from '../change/situation.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { GroupInspection, SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';

export interface CreationParts {
  readonly runner: ChangeRunner;
  /** Throws FORBIDDEN for a router port that the requester may not choose. */
  readonly requirePort: (router_port: number | undefined, requester: Requester) => void;
  readonly targets: Targets;
  readonly quotas?: QuotaReserver | undefined;
  readonly groups?: SecurityGroupAccess | undefined;
  readonly view: (mapping: Mapping) => MappingView;
}

export class Creation {
  readonly #parts: CreationParts;

  constructor(parts: CreationParts) {
    this.#parts = parts;
  }

  /** Throws as PatService.createMany does. */
  async run(
    requests: readonly MappingRequest[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { targets, quotas } = this.#parts;
    const { requester = ROOT } = options;
    for (const { router_port } of requests) this.#parts.requirePort(router_port, requester);
    const resolved = await Promise.all(requests.map((each) => targets.resolve(each, requester)));
    const router_id = theRouterOf(resolved);
    const asked = { router_id, projects: resolved.map(({ mapping }) => mapping.project_id) };
    const work = (): Promise<Changed<readonly MappingView[]>> =>
      this.#opened(router_id, requests, resolved, options, ids);
    return quotas ? quotas.reserve(asked, work) : work();
  }

  /** What was opened for mappings that are not there is closed again. */
  async #opened(
    router_id: string,
    requests: readonly MappingRequest[],
    resolved: readonly ResolvedRequest[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { groups } = this.#parts;
    const opens = requests.map(({ open_security_group }) => open_security_group && !options.dryRun);
    const lookAt = async (each: ResolvedRequest, index: number): Promise<GroupInspection | undefined> =>
      groups?.inspect(ids[index] ?? '', each, opens[index] ?? false);
    // A warning may come with the answer; what is opened is waited for, one after the other: two may lack the same rule.
    const looks = resolved.map(async (each, index) => (opens[index] ? undefined : lookAt(each, index)));
    const opened: (GroupInspection | undefined)[] = [];
    const closeAgain = async (): Promise<unknown> => groups?.close(opened.flatMap((each) => each?.ruleIds ?? []));
    try {
      for (const [index, each] of resolved.entries()) opened.push(opens[index] ? await lookAt(each, index) : undefined);
    } catch (error) {
      await Promise.allSettled([closeAgain(), ...looks]);
      throw error;
    }
    const inputs = resolved.map(({ mapping }, index): NewMapping => {
      const { ruleIds = [], sharedIds = [] } = opened[index] ?? {};
      const security_group_rule_ids = [...ruleIds, ...sharedIds];
      return { ...mapping, security_group_rule_ids };
    });
    try {
      const changed = await this.#publish(router_id, inputs, options, ids);
      const said = (await Promise.all(looks)).flatMap((look) => look?.warnings ?? []);
      const warnings = [...resolved.flatMap((each) => each.warnings), ...said];
      return { ...changed, warnings: [...changed.warnings, ...warnings] };
    } catch (error) {
      // MAPPING_EXISTS: the same request came before, and what it opened is its mapping's.
      if (!isPraasError(error, 'MAPPING_EXISTS')) await closeAgain();
      throw error;
    }
  }

  #publish(
    router_id: string,
    inputs: readonly NewMapping[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { runner, view } = this.#parts;
    return runner.run(router_id, {
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

function theRouterOf(resolved: readonly ResolvedRequest[]): string {
  const [router_id, another] = new Set(resolved.map(({ mapping }) => mapping.router_id));
  if (router_id === undefined)
    throw praasError('INVALID_INPUT', { field: 'mappings', found: '[]', allowed: 'one mapping or more' });
  if (another === undefined) return router_id;
  const found = `${router_id} and ${another}`;
  throw praasError('INVALID_INPUT', { field: 'router_id', found, allowed: 'one router for all mappings of a request' });
}
