/** The files with secrets: praas.conf, and those that it names. */
import { isExposed, type SecretFile } from '../admin/doctor/secrets.ts';
import type { Logger } from '../core/logger.ts';
import type { Config } from './config.ts';
import { modeOf } from './doctor-evidence.ts';

/** `configPath` is left out where no file was read. */
export function secretFilesOf(
  { clouds_path, tokens_path, tls_key }: Config,
  configPath: string | undefined,
): readonly SecretFile[] {
  return [
    ...(configPath === undefined ? [] : [{ content: 'passwords', path: configPath }]),
    { content: 'the password of the cloud', path: clouds_path },
    { content: 'the API tokens', path: tokens_path },
    ...(tls_key === '' ? [] : [{ content: 'the private key', path: tls_key }]),
  ];
}

/**
 * The same reader of files, which first logs each file with secrets to which other users have access; praas.conf only where it has a
 * password, that of the message broker. One that cannot be looked up is told by who reads it.
 */
export function withExposedLogged<T>(
  log: Logger,
  configPath: string | undefined,
  read: (config: Config) => Promise<T>,
): (config: Config) => Promise<T> {
  return async (config) => {
    const hasPassword = config.notifications !== '';
    for (const { path, content } of secretFilesOf(config, hasPassword ? configPath : undefined)) {
      const mode = await modeOf(path).catch(() => undefined);
      if (mode !== undefined && isExposed(mode))
        log.warn('secret exposed', { path, content, mode: mode.toString(8).padStart(4, '0') });
    }
    return read(config);
  };
}
