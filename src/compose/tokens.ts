/** The API tokens of a node, joined. */
import type { Authenticator } from '../auth/authenticator.ts';
import { TokenAuthenticator } from '../auth/token-authenticator.ts';
import { TokenService } from '../auth/token-service.ts';
import type { Config } from '../config/keys.ts';
import { FileTokenStore } from '../store/token-store.ts';
import { newSecret, newUuid, systemClock } from '../system/clock.ts';
import { createExec } from '../system/exec.ts';
import type { Surroundings } from './surroundings.ts';

export interface Tokens {
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
}

/** Gives the API tokens of this node, for commands and the daemon alike. Touches no file yet. */
export function composeTokens(config: Config, { env, command }: Pick<Surroundings, 'env' | 'command'>): Tokens {
  const store = new FileTokenStore({
    path: config.tokens_path,
    exec: createExec(config.command_timeout * 1000, env),
    clock: systemClock,
    lock_timeout_seconds: config.lock_timeout,
    command,
  });
  const parts = { store, clock: systemClock, new_id: newUuid, new_secret: newSecret };
  return { tokens: new TokenService(parts), authenticator: new TokenAuthenticator(store, systemClock) };
}
