/** The files with secrets that the configuration names. */
import { isExposed, type SecretFile } from '../admin/doctor/secrets.ts';
import type { Logger } from '../core/logger.ts';
import type { Config } from './config.ts';
import { modeOf } from './doctor-evidence.ts';

export function secretFilesOf({ clouds_path, tokens_path, tls_key }: Config): readonly SecretFile[] {
  return [
    { content: 'the password of the cloud', path: clouds_path },
    { content: 'the API tokens', path: tokens_path },
    ...(tls_key === '' ? [] : [{ content: 'the private key', path: tls_key }]),
  ];
}

/**
 * The same reader of files, which first logs each file with secrets to which other users have access. One that cannot be looked up is
 * told by who reads it.
 */
export function withExposedLogged<T>(
  log: Logger,
  read: (config: Config) => Promise<T>,
): (config: Config) => Promise<T> {
  return async (config) => {
    for (const { path, content } of secretFilesOf(config)) {
      const mode = await modeOf(path).catch(() => undefined);
      if (mode !== undefined && isExposed(mode))
        log.warn('secret exposed', { path, content, mode: mode.toString(8).padStart(4, '0') });
    }
    return read(config);
  };
}
