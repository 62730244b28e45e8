/** The service on the real parts as compose/node.ts joins them, for tests that look inside. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendName } from '../../src/netfilter/backend.ts';
import { ChangeRunner } from '../../src/pat/change/change-runner.ts';
import type { Dataplane } from '../../src/pat/interfaces/dataplane.ts';
import { Agent } from '../../src/pat/reconcile/agent.ts';
import { GroupFollower } from '../../src/pat/services/group-follower.ts';
import { ImportService } from '../../src/pat/services/import-service.ts';
import { FileStore } from '../../src/store/files/pat/file-store.ts';
import { createExec } from '../../src/system/exec.ts';
import { realDataplane } from './dataplane.ts';
import { localTargets, notConfigured } from './local-targets.ts';
import { MemoryOrphanStore } from './memory-orphan-store.ts';
import { ParsingPatService, POLICY_BY_DEFAULT } from './requests.ts';

const TIMEOUT_MS = 30_000;

export interface TestNode {
  readonly pat: ParsingPatService;
  readonly imports: ImportService;
  readonly store: FileStore;
  readonly clock: { time: Date };
  readonly state_dir: string;
  /** Lets another process, or another node of the same state directory, write. */
  release(): Promise<void>;
  close(): Promise<void>;
}

const POLICY = {
  router_port_range: { first: 4000, last: 4100 },
  reserved_ports: [500, 1701, 4500, 9697],
  masquerade: 'auto' as const,
};

/** The service on real parts with a state directory of its own, and a clock that a test may set. */
export function testNode(
  backend: BackendName,
  dataplane: Dataplane = realDataplane(backend),
  state_dir = mkdtempSync(join(tmpdir(), 'praas-state-')),
): TestNode {
  const held = { time: new Date('2030-01-01T00:00:00Z') };
  const clock = { now: () => held.time };
  const log = { info: () => undefined, warn: () => undefined };
  const exec = createExec(TIMEOUT_MS, process.env);
  const store = new FileStore({ stateDir: state_dir, exec, clock, lockTimeoutSeconds: 10, command: 'a test', log });
  const agent = new Agent(dataplane, clock, log);
  const common = { store, dataplane, agent, clock, log, settings: POLICY, stateDir: state_dir };
  const runner = new ChangeRunner(common);
  const targets = localTargets();
  const follower = new GroupFollower({ store, runner, clock, log, orphans: new MemoryOrphanStore(), notConfigured });
  const parts = { ...common, runner, follower, targets };
  const pat = new ParsingPatService({ ...parts, access: POLICY_BY_DEFAULT, newId: randomUUID });
  const imports = new ImportService({ runner, newId: randomUUID });
  return {
    pat,
    imports,
    store,
    clock: held,
    state_dir,
    release: () => store.close(),
    async close() {
      await store.close();
      rmSync(state_dir, {
        recursive: true,
        force: true,
      });
    },
  };
}
