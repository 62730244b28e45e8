/** When the L3 agent is back. Neutron calls it alive long before it has looked at its routers, and until then may undo news. */
import { readFileSync } from 'node:fs';
import { logOf, pidOf } from './daemons.ts';
import { column } from './database.ts';

const NAME = 'neutron-l3-agent';
const ROUTERS = `
  select routers.id from neutron.routers join neutron.routerl3agentbindings on routers.id = router_id
  where admin_state_up`;

/** Whether the agent that runs now has been through every router of this node. Its log is the only one to tell. */
export async function hasSeenItsRouters(): Promise<boolean> {
  const lines = readFileSync(logOf(NAME), 'utf8').split('\n');
  const own = lines.filter((line) => line.includes(` ${pidOf(NAME)} INFO neutron.agent.l3.agent `)).join('\n');
  if (!own.includes('L3 agent started')) return false;
  if (pidOf('neutron-server') === undefined) return true;
  return (await column(ROUTERS)).every((id) => own.includes(`Finished a router update for ${id}`));
}
