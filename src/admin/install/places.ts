/**
 * Where the parts of an installation are, as the installed system names them. Settings have one place whatever the prefix:
 * it is where every praas looks for them.
 */
import { join } from 'node:path';

export const DEFAULT_PREFIX = '/usr/local';
export const SETTINGS_DIRECTORY = '/usr/local/etc/praas';
export const PAT_AGENT = 'praas-pat-agent.service';
export const MONITOR_AGENT = 'praas-monitor-agent.service';
/** In the order in which they start. */
export const SERVICES = [PAT_AGENT, MONITOR_AGENT] as const;

export interface Places {
  readonly executable: string;
  /** What belongs to the installation itself: its list, and what it has replaced. */
  readonly library: string;
  /** The list of what was placed (inventory.ts). */
  readonly inventory: string;
  /** Files of others that stood where ours are. */
  readonly replaced: string;
  readonly units: string;
  readonly manPage: string;
  readonly bashCompletion: string;
  readonly zshCompletion: string;
}

/** Takes the prefix, an absolute path. */
export function placesOf(prefix: string): Places {
  const library = join(prefix, 'lib/praas');
  return {
    executable: join(prefix, 'bin/praas'),
    library,
    inventory: join(library, 'installed.json'),
    replaced: join(library, 'replaced'),
    units: '/etc/systemd/system',
    manPage: join(prefix, 'share/man/man8/praas.8'),
    bashCompletion: join(prefix, 'share/bash-completion/completions/praas'),
    zshCompletion: join(prefix, 'share/zsh/site-functions/_praas'),
  };
}

/**
 * A package has brought the files that are the same on every node. What it does not know of (settings, what was replaced) is
 * listed under a name of its own.
 */
export function packagedPlaces(executable: string): Places {
  const places = placesOf(DEFAULT_PREFIX);
  return { ...places, executable, inventory: join(places.library, 'packaged.json') };
}
