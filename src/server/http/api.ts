/** One product's part of the HTTP API: what it brings from its own folder. The app and /openapi.json are made of it. */
import type { Actions } from '../../core/identity/policy.ts';
import type { Endpoint } from './endpoint.ts';

/** A group of operations. */
export interface Tag {
  readonly name: string;
  readonly description: string;
  /** The meaning of `{id}` in the paths of its operations; left out where no path has one. */
  readonly id?: string;
}

export interface Api {
  /** One sentence on what the product does, for the summary of the document. */
  readonly summary: string;
  /** In the order of the documentation. */
  readonly tags: readonly Tag[];
  /** Every action that its endpoints require from the policy. The policy has them from compose/actions.ts. */
  readonly actions: Actions;
  readonly endpoints: readonly Endpoint[];
  /** Paragraphs of the introduction, after those that apply to all APIs. */
  readonly introduction?: readonly string[];
}

/**
 * Gives the actions of all APIs together.
 * Throws a plain error, which is a bug, for an action that two of them declare, and for an endpoint whose action or tag its
 * own API does not declare, or whose `{id}` would not be parsed.
 */
export function actionsOf(apis: readonly Api[]): Actions {
  const names = apis.flatMap(({ actions }) => Object.keys(actions));
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined) throw new Error(`two APIs declare the action ${duplicate}`);
  for (const { endpoints, actions, tags } of apis) {
    const undeclared = endpoints.find(
      ({ action, tag }) => !(action in actions) || !tags.some(({ name }) => name === tag),
    );
    const unparsed = endpoints.find(({ path, id }) => path.includes('{id}') !== (id !== undefined));
    if (unparsed !== undefined) throw new Error(`${unparsed.name}: its path and its schema of {id} do not fit`);
    if (undeclared !== undefined)
      throw new Error(`${undeclared.name}: its API does not declare ${undeclared.action} or ${undeclared.tag}`);
  }
  return Object.assign({}, ...apis.map(({ actions }) => actions)) as Actions;
}
