/**
 * Where the parts of an installation are, as the installed system names them. Settings have the same place whatever the prefix:
 * every praas reads them there.
 */
import { join } from 'node:path';

const DEFAULT_PREFIX = '/usr/local';
export const SETTINGS_DIRECTORY = '/usr/local/etc/praas';
export const PAT_AGENT = 'praas-pat-agent.service';
export const MONITOR_AGENT = 'praas-monitor-agent.service';
/** In the order in which they start. */
export const SERVICES = [PAT_AGENT, MONITOR_AGENT] as const;
/** The name of the unit of one of our services. */
export type ServiceName = (typeof SERVICES)[number];

export interface InstallPaths {
  readonly executable: string;
  /** The directory of what belongs to the installation itself: its inventory, and the files that it has replaced. */
  readonly library: string;
  /** The list of the installed files (inventory.ts). */
  readonly inventory: string;
  /** The directory of files that others had installed where ours are now. */
  readonly replaced: string;
  readonly units: string;
  readonly manPage: string;
  readonly bashCompletion: string;
  readonly zshCompletion: string;
}

/** Takes the prefix, an absolute path. */
export function pathsBelow(prefix: string): InstallPaths {
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
 * For an installation by a package, which has brought the files that are the same on every node. What the package does not know
 * of (settings, and files that were replaced) is listed in an inventory with another name.
 */
export function packagePaths(executable: string): InstallPaths {
  const paths = pathsBelow(DEFAULT_PREFIX);
  return { ...paths, executable, inventory: join(paths.library, 'packaged.json') };
}
