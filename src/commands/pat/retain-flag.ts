/** `--retain` of the services that keep events. */
import { Flags } from '@oclif/core';
import type { Config } from '../../compose/config.ts';
import { PAT_KEYS } from '../../pat/settings.ts';
import { flagReader } from '../flags.ts';

export const retainFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'DAYS',
  parse: flagReader(PAT_KEYS.retain_days.kind.allowed, PAT_KEYS.retain_days.kind.parse),
});

/** The key of praas.conf that the flag overrides, in days; none without the flag. */
export function retained(retainDays: number | undefined): Partial<Config> {
  return retainDays === undefined ? {} : { retain_days: retainDays };
}
