/** The targets of a node without OpenStack. */
import { praasError } from '../../src/pat/errors.ts';
import { LocalTargets } from '../../src/pat/target/targets.ts';

export const localTargets = (): LocalTargets =>
  new LocalTargets(() => praasError('CLOUD_NOT_CONFIGURED', { path: 'clouds.yaml', exists: false }));
