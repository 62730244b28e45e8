/** A value as it was written, and the step from its text to a value. */
import { praasError } from '../../core/errors/errors.ts';
import type { DeclaredKey } from '../../core/settings/sections.ts';
import { found } from './found.ts';

export interface Written {
  readonly text: string;
  /** `default`, `/usr/local/etc/praas/praas.conf:3` or `environment PRAAS_BACKEND`. */
  readonly where: string;
  /** The name that was used where it is not the key's present one. */
  readonly oldName: string | undefined;
}

/** Gives the value. `hint` follows what is allowed. Throws CONFIG_INVALID for a text that the key does not allow. */
export function parseValue({ fullName, key }: DeclaredKey, { text, where }: Written, hint = ''): unknown {
  const { allowed, parse } = key.kind;
  const value = parse(text);
  if (value === undefined) {
    throw praasError('CONFIG_INVALID', { where, key: fullName, found: found(text), allowed: allowed + hint });
  }
  return value;
}
