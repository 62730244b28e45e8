/** The clock of this node: expiry, tokens and certificates go by it. */
import type { Exec } from '../../system/exec.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, skipped, warning, wrong } from './report.ts';

const NAME = 'synchronised';
const NTP = 'Install and start systemd-timesyncd or chrony.';
/** Keystone's tokens and what expires are compared by the second; so much nobody notices. */
const SOME_SECONDS = 5;
const MANY_SECONDS = 60;

/** Whether somebody keeps it right, as systemd knows it. */
export function clockCheck(exec: Exec, isInstalled: (tool: string) => boolean): Check {
  return {
    group: 'clock',
    name: NAME,
    async run() {
      if (!isInstalled('timedatectl')) return [skipped(NAME, 'nobody here can say so (no timedatectl)')];
      const { exitCode, stdout } = await exec({ file: 'timedatectl', args: ['show', '--property=NTPSynchronized'] });
      if (exitCode !== 0) return [skipped(NAME, 'nobody here can say so (systemd does not run)')];
      const isRight = stdout.includes('NTPSynchronized=yes');
      return [isRight ? ok(NAME, 'yes') : warning(NAME, 'nothing keeps the clock of this node right', NTP)];
    },
  };
}

/** `date` is the header of that name in an answer of the cloud, `now` when it came. */
export function judgeSkew(date: string | undefined, now: Date): Judgement {
  const name = "against the cloud's";
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return skipped(name, 'the cloud does not say what time it is');
  // The header has no fractions.
  const seconds = Math.round((now.getTime() - theirs) / 1000);
  const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(seconds) <= SOME_SECONDS) return ok(name, detail);
  return Math.abs(seconds) < MANY_SECONDS ? warning(name, detail, NTP) : wrong(name, detail, NTP);
}
