/** The API tokens of a node with their file. */

import type { Authenticator } from '../core/identity/authenticator.ts';
import { TokenAuthenticator } from '../core/identity/token-authenticator.ts';
import { TokenService } from '../core/identity/token-service.ts';
import { FileTokenStore } from '../store/files/token-store.ts';
import { newSecret, newUuid, systemClock } from '../system/clock.ts';
import { createExec } from '../system/exec.ts';
import { programEnvironment } from '../system/program-environment.ts';
import type { Config } from './config.ts';
import type { RuntimeContext } from './runtime-context.ts';

export interface Tokens {
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
}

/** For commands and the daemon alike. Touches no file yet. */
export function composeTokens(config: Config, { env, command }: Pick<RuntimeContext, 'env' | 'command'>): Tokens {
  const store = new FileTokenStore({
    path: config.tokens_path,
    exec: createExec(config.command_timeout_seconds * 1000, programEnvironment(env, config.programs_path)),
    clock: systemClock,
    lockTimeoutSeconds: config.lock_timeout_seconds,
    command,
  });
  const parts = { store, clock: systemClock, newId: newUuid, newSecret };
  return { tokens: new TokenService(parts), authenticator: new TokenAuthenticator(store, systemClock) };
}
