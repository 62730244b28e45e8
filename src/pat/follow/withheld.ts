/** Why the monitor did not carry out corrections: a code with facts. The sentence for people is made last. Pure. */
import type { ExceededLimit } from './removal-guard.ts';

interface WithheldFacts {
  /** OpenStack lists none of the resources to which mappings refer, which is more often an error than true. */
  readonly EMPTY_LIST: { readonly resources: readonly string[] };
  readonly ACCOUNT_LIMITED: Readonly<Record<string, never>>;
  readonly TOO_MANY_DELETIONS: ExceededLimit;
  /** The message and the code of the error that the service gave. */
  readonly APPLY_FAILED: { readonly error: string; readonly error_code: string };
}

type WithheldCode = keyof WithheldFacts;
export type Withheld = {
  readonly [C in WithheldCode]: { readonly code: C; readonly facts: WithheldFacts[C] };
}[WithheldCode];

const TEXTS: { readonly [C in WithheldCode]: (facts: WithheldFacts[C]) => string } = {
  EMPTY_LIST: (f) =>
    `corrections withheld: OpenStack lists no ${f.resources.join(' and no ')}. ` +
    'If they were really deleted, check `praas monitor --once --dry-run --confirm`, then run `praas monitor --once --confirm`.',
  ACCOUNT_LIMITED: () =>
    'corrections withheld: the account in clouds.yaml does not see all projects. ' +
    'Grant the account the role admin, or a role that can list the resources of all projects.',
  TOO_MANY_DELETIONS: (f) =>
    `deletions withheld: ${f.requested} requested, ${f.limit} allowed (max_removals_percent). ` +
    'Check `praas monitor --once --dry-run`, then run `praas monitor --once --confirm`.',
  APPLY_FAILED: (f) => `corrections failed: ${f.error}`,
};

/** Gives the sentence for people, with the next step. */
export function withheldText({ code, facts }: Withheld): string {
  return (TEXTS[code] as (facts: Withheld['facts']) => string)(facts);
}

/** True when both have the same code and the same facts. */
export function isSameWithheld(one: Withheld, other: Withheld): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
