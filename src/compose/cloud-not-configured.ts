/** The error on a node without OpenStack. Not in cloud.ts: commands that use no cloud do not load the code of its client. */
import { existsSync } from 'node:fs';
import { type CoreError, praasError } from '../core/errors/errors.ts';
import type { Config } from './config.ts';

/** The error CLOUD_NOT_CONFIGURED, which names the file in which the cloud would be. */
export function cloudNotConfigured(
  { clouds_path }: Pick<Config, 'clouds_path'>,
  env: NodeJS.ProcessEnv,
): CoreError<'CLOUD_NOT_CONFIGURED'> {
  const path = env['OS_CLIENT_CONFIG_FILE'] || clouds_path;
  return praasError('CLOUD_NOT_CONFIGURED', { path, exists: existsSync(path) });
}
