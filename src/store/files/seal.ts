/**
 * The seal of a stored JSON object: its last field, `crc32`, a checksum of all the text before that field. One flipped bit, also in the
 * seal itself, makes the text invalid. Versions before the first sealed one have no seal; who reads a text knows whether it must have
 * one. An older text gets one when it is written next.
 */
import { crc32 } from 'node:zlib';
import { parseJson } from '../../core/values/json.ts';

const SEAL = /,\s*"crc32":\s*"([0-9a-f]{8})"\s*\}\s*$/;
/** More than a seal has, with its white space. */
const SEAL_CHARACTERS = 64;

/** Why a text of a sealed version without a seal is damaged. */
export const NO_SEAL = 'it has no checksum';

/** What a text is: the value without its seal, or why it is not what was written. */
type Unsealed = { readonly value: unknown; readonly isSealed: boolean } | { readonly damage: string };

/** Takes the JSON of an object with at least one field, on one line or indented; gives it with a seal. */
export function seal(json: string): string {
  const end = json.lastIndexOf('}');
  const body = json.slice(0, end).trimEnd();
  const isIndented = json.slice(body.length, end) !== '';
  const sum = checksum(body);
  return `${body}${isIndented ? `,\n  "crc32": "${sum}"\n` : `,"crc32":"${sum}"`}${json.slice(end)}`;
}

/** Gives the parsed text without its seal, or the damage. */
export function unseal(text: string): Unsealed {
  const start = Math.max(0, text.length - SEAL_CHARACTERS);
  const found = SEAL.exec(text.slice(start));
  const body = found ? text.slice(0, start + found.index) : undefined;
  if (body !== undefined && checksum(body) !== found?.[1]) return { damage: 'its checksum does not match' };
  const value = parseJson(body === undefined ? text : `${body}}`);
  return value === undefined ? { damage: 'it is not JSON' } : { value, isSealed: body !== undefined };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
