/** The actions of all products, by which policy.yaml says who may do what. */
import type { Actions } from '../core/identity/policy.ts';
import { PAT_ACTIONS } from '../pat/actions.ts';

export const ACTIONS = { ...PAT_ACTIONS } satisfies Actions;
