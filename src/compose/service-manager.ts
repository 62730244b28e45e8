/** The connection of a service to systemd. */
import { systemTimers } from '../system/clock.ts';
import { createExec } from '../system/exec.ts';
import { ServiceManager } from '../system/service-manager.ts';

const TIMEOUT_MS = 5000;

/** Gives what reports the state of the service to systemd; outside of systemd it does nothing. */
export function composeServiceManager(env: NodeJS.ProcessEnv, complain: (sentence: string) => void): ServiceManager {
  return new ServiceManager({ exec: createExec(TIMEOUT_MS, env), env, timers: systemTimers, complain });
}
