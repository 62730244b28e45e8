/**
 * New mappings, from what a caller says to what is published: who is meant (Targets), whether the project may have more
 * (Quotas), whether packets will arrive (GroupAccess), and then one change of the router. All of a request or none.
 */
import { parseInput } from '../../core/values/input.ts';
import type { Changed, ChangeOptions, Outcome } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideCreateMany, requireNew } from '../change/decision.ts';
import type { Policy, Situation } from '../change/situation.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { Holder } from '../interfaces/quota.ts';
import type { GroupAccess, GroupLook } from '../interfaces/security-groups.ts';
import type { Caller, Resolved, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping } from '../mapping/mapping.ts';
import { Wanted } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import { requireRange } from '../target/targets.ts';

export interface CreationParts {
  readonly runner: ChangeRunner;
  readonly policy: Pick<Policy, 'router_port_range'>;
  readonly targets: Targets;
  readonly quotas?: Holder | undefined;
  readonly access?: GroupAccess | undefined;
  readonly view: (mapping: Mapping) => MappingView;
}

export class Creation {
  readonly #parts: CreationParts;

  constructor(parts: CreationParts) {
    this.#parts = parts;
  }

  /** Throws as PatService.createMany does. */
  async run(
    given: readonly Wanted[],
    caller: Caller,
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { targets, policy, quotas } = this.#parts;
    const wanted = given.map((each) => parseInput(Wanted, each));
    for (const { router_port } of wanted) requireRange(router_port, policy.router_port_range, caller);
    const resolved = await Promise.all(wanted.map((each) => targets.resolve(each, caller)));
    const router_id = theRouterOf(resolved);
    const asked = { router_id, projects: resolved.map(({ input }) => input.project_id ?? null) };
    const work = (): Promise<Changed<readonly MappingView[]>> =>
      this.#opened(router_id, wanted, resolved, options, ids);
    return quotas ? quotas.hold(asked, work) : work();
  }

  /** What was opened for mappings that are not there is closed again. */
  async #opened(
    router_id: string,
    wanted: readonly Wanted[],
    resolved: readonly Resolved[],
    options: ChangeOptions,
    ids: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    const { access } = this.#parts;
    const opens = wanted.map(({ open_security_group }) => open_security_group === true && !options.dry_run);
    const lookAt = async (each: Resolved, index: number): Promise<GroupLook | undefined> =>
      access?.look(ids[index] ?? '', each, opens[index] ?? false);
    // A warning may come with the answer; what is opened is waited for, one after the other: two may lack the same rule.
    const looks = resolved.map(async (each, index) => (opens[index] ? undefined : lookAt(each, index)));
    const opened: (GroupLook | undefined)[] = [];
    const closeAgain = async (): Promise<unknown> => access?.close(opened.flatMap((each) => each?.rule_ids ?? []));
    try {
      for (const [index, each] of resolved.entries()) opened.push(opens[index] ? await lookAt(each, index) : undefined);
    } catch (error) {
      await Promise.allSettled([closeAgain(), ...looks]);
      throw error;
    }
    const inputs = resolved.map(({ input }, index): NewMapping => {
      const { rule_ids = [], shared_ids = [] } = opened[index] ?? {};
      const security_group_rule_ids = [...rule_ids, ...shared_ids];
      return security_group_rule_ids.length > 0 ? { ...input, security_group_rule_ids } : input;
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
      must_be_here: true,
      purpose: 'port',
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

function theRouterOf(resolved: readonly Resolved[]): string {
  const [router_id, another] = new Set(resolved.map(({ input }) => input.router_id));
  if (router_id === undefined)
    throw praasError('INVALID_INPUT', { field: 'mappings', found: '[]', allowed: 'one mapping or more' });
  if (another === undefined) return router_id;
  const found = `${router_id} and ${another}`;
  throw praasError('INVALID_INPUT', { field: 'router_id', found, allowed: 'one router for all mappings of a request' });
}
