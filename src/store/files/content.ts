/** What stored files have in them: JSON of any version, validated by a schema before it is used. */
import type * as z from 'zod';
import { isObject } from '../../core/values/json.ts';
import { NO_SEAL, unseal } from './seal.ts';
import { type Migration, migrate } from './versions.ts';

export interface ContentRules<T> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
  readonly migrations: readonly Migration[];
  /** The first version that has a checksum: without it, content of that version or a later one is damaged. */
  readonly sealedSince: number;
  /** Gives the error for a file that is not what praas wrote. */
  readonly damaged: (reason: string) => Error;
}

/** What a stored text has in it. */
export interface Content<T> {
  readonly content: T;
  /** False for a text without a checksum. */
  readonly isSealed: boolean;
}

/** Takes the text of a file or line. Gives its content in the current version. Throws what `damaged` gives, STORE_TOO_NEW. */
export function readContent<T>(text: string, rules: ContentRules<T>): Content<T> {
  const { path, schema, migrations, sealedSince, damaged } = rules;
  const unsealed = unseal(text);
  if ('damage' in unsealed) throw damaged(unsealed.damage);
  const { value: stored, isSealed } = unsealed;
  const migrated = isObject(stored) ? migrate(stored, migrations, path) : stored;
  const version = isObject(stored) ? stored['version'] : undefined;
  if (!isSealed && typeof version === 'number' && version >= sealedSince) throw damaged(NO_SEAL);
  const result = schema.safeParse(migrated, { error: allowed });
  if (result.success) return { content: result.data, isSealed };
  const [issue] = result.error.issues;
  throw damaged(`${issue?.path.join('.') || 'it'} must be ${issue?.message}`);
}

/** What is allowed, where a schema does not say it itself. */
function allowed(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `of type ${issue.expected}`;
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'unrecognized_keys':
      return `without ${issue.keys.join(', ')}`;
    case 'invalid_format':
      return `a valid ${issue.format}`;
    default:
      return 'valid';
  }
}
