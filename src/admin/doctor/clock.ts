/** The clock of this node: expiry, tokens and certificates depend on it. */
import type { Exec } from '../../system/exec.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

const NAME = 'synchronization';
const NTP = 'Install and start systemd-timesyncd or chrony.';
/** Keystone's tokens and expiry times are compared by the second; an offset of this size has no effect. */
const TOLERATED_SECONDS = 5;
const MAX_SECONDS = 60;

/** Whether the clock is synchronized over the network, as systemd reports it. */
export function clockCheck(exec: Exec, isInstalled: (tool: string) => boolean): DoctorCheck {
  return {
    group: 'clock',
    name: NAME,
    async run() {
      if (!isInstalled('timedatectl')) return [skipped(NAME, 'unknown (timedatectl is not installed)')];
      const { exitCode, stdout } = await exec({ file: 'timedatectl', args: ['show', '--property=NTPSynchronized'] });
      if (exitCode !== 0) return [skipped(NAME, 'unknown (systemd is not running)')];
      const isSynchronized = stdout.includes('NTPSynchronized=yes');
      return [isSynchronized ? ok(NAME, 'synchronized') : warning(NAME, 'not synchronized', NTP)];
    },
  };
}

/** `date` is the Date header of a response of the cloud, `now` the time at which it arrived. */
export function judgeOffset(date: string | undefined, now: Date): Judgement {
  const name = 'clock offset from OpenStack';
  const cloudTime = Date.parse(date ?? '');
  if (Number.isNaN(cloudTime)) return skipped(name, 'unknown (the response has no Date header)');
  // The header has no fractions.
  const seconds = Math.round((now.getTime() - cloudTime) / 1000);
  const detail = seconds === 0 ? '0 s' : `this node is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(seconds) <= TOLERATED_SECONDS) return ok(name, detail);
  return Math.abs(seconds) < MAX_SECONDS ? warning(name, detail, NTP) : failed(name, detail, NTP);
}
