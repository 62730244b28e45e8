/** One product's part of the HTTP API: what it brings from its own folder. The app, the policy and /openapi.json take it as it is. */
import type { Actions } from '../../core/identity/policy.ts';
import type { Endpoint } from './endpoint.ts';

/** A group of operations. */
export interface Tag {
  readonly name: string;
  readonly description: string;
  /** What stands for `{id}` in the paths of its operations; left out where none has it. */
  readonly id?: string;
}

export interface Api {
  /** In the order in which they are documented. */
  readonly tags: readonly Tag[];
  /** Everything that its endpoints ask the policy for. */
  readonly actions: Actions;
  readonly endpoints: readonly Endpoint[];
  /** Paragraphs of the introduction, behind those that hold for all APIs. */
  readonly introduction?: readonly string[];
}

/** The actions of all of them. Throws a plain error, a mistake of ours, for one that is declared twice or not at all. */
export function actionsOf(apis: readonly Api[]): Actions {
  const names = apis.flatMap(({ actions }) => Object.keys(actions));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two APIs declare the action ${twice}`);
  for (const { endpoints, actions, tags } of apis) {
    const stranger = endpoints.find(
      ({ action, tag }) => !(action in actions) || !tags.some(({ name }) => name === tag),
    );
    if (stranger !== undefined)
      throw new Error(`${stranger.name}: its API does not declare ${stranger.action} or ${stranger.tag}`);
  }
  return Object.assign({}, ...apis.map(({ actions }) => actions)) as Actions;
}
