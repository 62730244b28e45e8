/** The actions of published ports for the access policy: the least level that may, and what completes "may not …". */
import type { Actions } from '../core/identity/policy.ts';

export const PAT_ACTIONS = {
  'mapping:list': { level: 'reader', description: 'list mappings' },
  'mapping:show': { level: 'reader', description: 'show mappings' },
  'mapping:connections': { level: 'reader', description: 'list the connections of mappings' },
  'mapping:check': { level: 'reader', description: 'check mappings' },
  'mapping:create': { level: 'member', description: 'create mappings' },
  'mapping:create:any-port': { level: 'admin', description: 'choose router ports outside of router_port_range' },
  'mapping:create:any-target': {
    level: 'admin',
    description: 'publish addresses that belong to no Neutron port of the project',
  },
  'mapping:update': { level: 'member', description: 'update mappings' },
  'mapping:delete': { level: 'member', description: 'delete mappings' },
  'mapping:force': { level: 'operator', description: 'use force' },
  'mapping:follow': { level: 'operator', description: 'apply corrections to mappings' },
  'event:list': { level: 'reader', description: 'list events' },
  'router:list': { level: 'reader', description: 'list routers' },
  'router:show': { level: 'reader', description: 'show routers' },
  'router:details': { level: 'operator', description: 'see the unmanaged rules of routers' },
  'router:sync': { level: 'operator', description: 'sync routers' },
  'router:import': { level: 'operator', description: 'import rules' },
  'server:list': { level: 'reader', description: 'list servers' },
  'quota:show': { level: 'reader', description: 'show quotas' },
  'quota:set': { level: 'operator', description: 'set quotas' },
} as const satisfies Actions;

export type PatAction = keyof typeof PAT_ACTIONS;
