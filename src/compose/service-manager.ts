/** The connection of a service to systemd. */

import { systemTimers } from '../system/clock.ts';
import { createExec } from '../system/exec.ts';
import { programEnvironment } from '../system/program-environment.ts';
import { ServiceManager } from '../system/service-manager.ts';
import type { Config } from './config.ts';

const TIMEOUT_MS = 5000;

/** Gives what reports the state of the service to systemd; outside of systemd it does nothing. */
export function composeServiceManager(
  config: Config,
  env: NodeJS.ProcessEnv,
  complain: (sentence: string) => void,
): ServiceManager {
  return new ServiceManager({
    exec: createExec(TIMEOUT_MS, programEnvironment(env, config.programs_path)),
    env,
    timers: systemTimers,
    complain,
  });
}
