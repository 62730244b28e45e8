/**
 * Tokens of this node: random texts that authenticate the requester for whom they were created. Only their hashes are stored, so
 * that a copy of the file contains no token. Pure: random bytes, IDs and the time are given.
 */
import * as z from 'zod';
import { StoredText, Text } from '../values/schemas.ts';
import { Time } from '../values/time.ts';
import { ROLES } from './requester.ts';

/** Identifies a token of praas to users, and to scanners that search for leaked secrets. */
const PREFIX = 'praas_';
const MAX_NAME = 64;
const A_NAME = `a name of 1 to ${MAX_NAME} printable characters`;
const A_PROJECT = 'a project ID';

const nameOf = (text: typeof Text): typeof Text => text.min(1, A_NAME).max(MAX_NAME, A_NAME);
const Role = z.enum(ROLES, 'admin, member or reader');
const projectOf = (text: typeof Text) => text.min(1, A_PROJECT).nullable();

const memberHasProject = ({ role, project_id }: { role: string; project_id: string | null }): boolean =>
  role !== 'member' || project_id !== null;
const PROJECT_REQUIRED = { path: ['project_id'], error: 'a project ID for role member' };

/** A token as it is stored. */
export const StoredToken = z
  .strictObject({
    id: z.uuid(),
    name: nameOf(StoredText),
    role: Role,
    project_id: projectOf(StoredText),
    created_at: Time,
    expires_at: Time.nullable(),
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'),
  })
  .refine(memberHasProject, PROJECT_REQUIRED);
export type StoredToken = z.infer<typeof StoredToken>;

/** A token as it may be shown. */
export type Token = Omit<StoredToken, 'hash'>;

/** A new token, shown once. */
export type CreatedToken = Token & { readonly token: string };

/** The request for a new token. */
export const NewToken = z
  .strictObject({
    name: nameOf(Text),
    role: Role,
    project_id: projectOf(Text).default(null),
    expires_at: Time.nullable().default(null),
  })
  .refine(memberHasProject, PROJECT_REQUIRED);
export type NewToken = z.input<typeof NewToken>;

/** Gives 32 random bytes at each call. */
export type NewSecret = () => Uint8Array;

/** Gives the text of a token from 32 random bytes: the prefix and 43 characters. */
export function tokenText(secret: Uint8Array): string {
  return `${PREFIX}${Buffer.from(secret).toString('base64url')}`;
}

/** True for text that has the form of a token of this node. */
export function isOwnToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Gives the SHA-256 of a token. A fast hash is sufficient: slow, salted hashes protect passwords, which can be guessed; 256 random
 * bits cannot, and each request pays for the hash. The global crypto is used because importing node:crypto costs each command
 * some milliseconds.
 */
export async function hashToken(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}

/** Gives a stored token without its hash. */
export function withoutHash({ id, name, role, project_id, created_at, expires_at }: StoredToken): Token {
  return { id, name, role, project_id, created_at, expires_at };
}
