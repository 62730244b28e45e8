/** The rows there are, in the order of the table. */
import type { Row } from '../row.ts';
import { bulk } from './bulk.ts';
import { cloud } from './cloud.ts';
import { connection } from './connection.ts';
import { connections } from './connections.ts';
import { cost } from './cost.ts';
import { create } from './create.ts';
import { events } from './events.ts';
import { http } from './http.ts';
import { memory } from './memory.ts';
import { monitor } from './monitor.ts';
import { reboot } from './reboot.ts';
import { rest } from './rest.ts';
import { start } from './start.ts';

export const ROWS: readonly Row[] = [
  connection,
  create,
  cost,
  connections,
  bulk,
  start,
  http,
  events,
  memory,
  rest,
  reboot,
  cloud,
  monitor,
];
