/** Every command by its ID, loaded only when it runs. A new command is one line here; manifest and executable follow. */
import type { Command } from '@oclif/core';

type Load = () => Promise<Command.Class>;

export const LOADERS: Readonly<Record<string, Load>> = {
  'config:show': async () => (await import('./config/show.ts')).default,
  demo: async () => (await import('./demo.ts')).default,
  'demo:peer': async () => (await import('./demo/peer.ts')).default,
  doctor: async () => (await import('./doctor.ts')).default,
  events: async () => (await import('./events.ts')).default,
  install: async () => (await import('./install.ts')).default,
  monitor: async () => (await import('./monitor.ts')).default,
  'pat:check': async () => (await import('./pat/check.ts')).default,
  'pat:connections': async () => (await import('./pat/connections.ts')).default,
  'pat:create': async () => (await import('./pat/create.ts')).default,
  'pat:delete': async () => (await import('./pat/delete.ts')).default,
  'pat:import': async () => (await import('./pat/import.ts')).default,
  'pat:list': async () => (await import('./pat/list.ts')).default,
  'pat:show': async () => (await import('./pat/show.ts')).default,
  'pat:update': async () => (await import('./pat/update.ts')).default,
  'quota:set': async () => (await import('./quota/set.ts')).default,
  'quota:show': async () => (await import('./quota/show.ts')).default,
  'router:list': async () => (await import('./router/list.ts')).default,
  'router:show': async () => (await import('./router/show.ts')).default,
  'router:sync': async () => (await import('./router/sync.ts')).default,
  serve: async () => (await import('./serve.ts')).default,
  'server:list': async () => (await import('./server/list.ts')).default,
  'token:create': async () => (await import('./token/create.ts')).default,
  'token:list': async () => (await import('./token/list.ts')).default,
  'token:revoke': async () => (await import('./token/revoke.ts')).default,
  uninstall: async () => (await import('./uninstall.ts')).default,
  upgrade: async () => (await import('./upgrade.ts')).default,
};
