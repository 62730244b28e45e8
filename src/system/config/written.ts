/** A value with the text and the place of which it is. */
import { praasError } from '../../core/errors/errors.ts';
import type { DeclaredKey } from '../../core/settings/sections.ts';
import { HIDDEN } from '../../core/values/masked.ts';
import { found } from './found.ts';

export interface Written {
  readonly text: string;
  /** What the key makes of the text. */
  readonly value: unknown;
  /** `default`, `/usr/local/etc/praas/praas.conf:3` or `environment PRAAS_BACKEND`. */
  readonly where: string;
  /** In the file; undefined elsewhere. */
  readonly line?: number;
  /** The name that was used where it is not the key's present one. */
  readonly oldName: string | undefined;
}

/** Adds the value. `hint` follows what is allowed. Throws CONFIG_INVALID for a text that the key does not allow. */
export function withValue({ fullName, key }: DeclaredKey, written: Omit<Written, 'value'>, hint = ''): Written {
  const { text, where } = written;
  const { allowed, parse, problem } = key.kind;
  const value = parse(text);
  if (value === undefined) {
    const shown = problem?.(text) ?? (key.isSecret ? HIDDEN : found(text));
    throw praasError('CONFIG_INVALID', { where, key: fullName, found: shown, allowed: allowed + hint });
  }
  return { ...written, value };
}
