/** The configuration in force in a daemon of this executable. Not in config.ts, which every command loads. */
import { LiveConfig as OfSections } from '../system/config/live.ts';
import { type Config, SECTIONS } from './config.ts';

export class LiveConfig extends OfSections<typeof SECTIONS> {
  constructor(config: Config) {
    super(SECTIONS, config);
  }
}
