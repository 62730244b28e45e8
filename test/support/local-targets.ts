/** The targets of a node without OpenStack. */
import type { AccessPolicy } from '../../src/core/identity/policy.ts';
import { type PraasError, praasError } from '../../src/pat/errors.ts';
import { LocalTargets } from '../../src/pat/target/targets.ts';
import { POLICY_BY_DEFAULT } from './requests.ts';

export const notConfigured = (): PraasError =>
  praasError('CLOUD_NOT_CONFIGURED', { path: 'clouds.yaml', exists: false });

export const localTargets = (policy: AccessPolicy = POLICY_BY_DEFAULT): LocalTargets =>
  new LocalTargets({
    notConfigured,
    policy,
  });
