/** Tokens in a directory of their own, with a clock that stands still until a test moves it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenAuthenticator } from '../../../src/core/identity/token-authenticator.ts';
import { TokenService, type TokenServiceParts } from '../../../src/core/identity/token-service.ts';
import { FileTokenStore, type TokenStoreOptions } from '../../../src/store/files/token-store.ts';
import { newSecret, newUuid } from '../../../src/system/clock.ts';
import { createExec } from '../../../src/system/exec.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export const NOW = '2030-01-31T12:00:00Z';
export const exec = createExec(60_000, process.env);

export interface Tokens {
  readonly directory: string;
  readonly path: string;
  readonly clock: FakeClock;
  readonly tokens: TokenService;
  readonly authenticator: TokenAuthenticator;
  remove(): void;
}

export function openTokenStore(path: string, options: Partial<TokenStoreOptions> = {}): FileTokenStore {
  const clock = new FakeClock(NOW);
  return new FileTokenStore({ path, exec, clock, lockTimeoutSeconds: 60, command: 'praas test', ...options });
}

/** The service over a store of its own, as another process has it. */
export function openTokens(path: string, parts: Partial<TokenServiceParts> = {}): TokenService {
  const clock = new FakeClock(NOW);
  return new TokenService({ store: openTokenStore(path), clock, newId: newUuid, newSecret: newSecret, ...parts });
}

/** A service, and an authenticator that knows of it only by the file. */
export function freshTokens(): Tokens {
  const directory = mkdtempSync(join(tmpdir(), 'praas-tokens-'));
  const path = join(directory, 'etc', 'tokens.json');
  const clock = new FakeClock(NOW);
  const authenticator = new TokenAuthenticator(openTokenStore(path), clock);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  return { directory, path, clock, tokens: openTokens(path, { clock }), authenticator, remove };
}
