/**
 * A token is a random text: whoever sends it is who it was made for. Only its hash is kept, so that whoever reads the file,
 * or an old copy of it, still has no token. Pure: random bytes, ids and the time come from outside.
 */
import * as z from 'zod';

import { Text } from '../values/schemas.ts';
import { Time } from '../values/time.ts';
import { ROLES } from './requester.ts';

/** Tells people, and programs that look for secrets in the wrong places, what the text is. */
const PREFIX = 'praas_';
const MAX_NAME = 64;
const A_NAME = `a name of 1 to ${MAX_NAME} printable characters`;
const A_PROJECT = 'a project ID';

const Name = Text.min(1, A_NAME).max(MAX_NAME, A_NAME);
const Role = z.enum(ROLES, 'admin, member or reader');
const Project = Text.min(1, A_PROJECT).nullable();

const hasItsProject = ({ role, project_id }: { role: string; project_id: string | null }): boolean =>
  role !== 'member' || project_id !== null;
const projectNeeded = { path: ['project_id'], error: 'a project ID for role member' };

/** What is kept of a token. */
export const StoredToken = z
  .strictObject({
    id: z.uuid(),
    name: Name,
    role: Role,
    project_id: Project,
    created_at: Time,
    expires_at: Time.nullable(),
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'),
  })
  .refine(hasItsProject, projectNeeded);
export type StoredToken = z.infer<typeof StoredToken>;

/** What may be shown of it. */
export type Token = Omit<StoredToken, 'hash'>;

/** What is shown once, to whoever made it. */
export type CreatedToken = Token & { readonly token: string };

/** What an operator says of a new token. */
export const NewToken = z
  .strictObject({
    name: Name,
    role: Role,
    project_id: Project.default(null),
    expires_at: Time.nullable().default(null),
  })
  .refine(hasItsProject, projectNeeded);
export type NewToken = z.input<typeof NewToken>;

/** Gives 32 random bytes at each call. */
export type NewSecret = () => Uint8Array;

/** Makes the text of a token from 32 random bytes: the prefix and 43 characters. */
export function tokenText(secret: Uint8Array): string {
  return `${PREFIX}${Buffer.from(secret).toString('base64url')}`;
}

/** True for what looks like a token of this node. */
export function isOwnToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Its SHA-256. A fast hash is right here: slow, salted ones protect passwords, which can be guessed. Nobody guesses 256
 * random bits, and every request pays for the hash. The global crypto: importing node:crypto costs every command some
 * milliseconds.
 */
export async function hashToken(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}

/** Gives what may be shown of a stored token. */
export function withoutHash({ id, name, role, project_id, created_at, expires_at }: StoredToken): Token {
  return { id, name, role, project_id, created_at, expires_at };
}
