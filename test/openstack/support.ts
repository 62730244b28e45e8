/** An account of a fake OpenStack with five routers, and a clock that moves when a test says so. */
import { parseCloud } from '../../src/openstack/clouds/merge.ts';
import { OpenStackCloud } from '../../src/openstack/openstack-cloud.ts';
import { ServiceClient } from '../../src/openstack/service-client.ts';
import { Session } from '../../src/openstack/session.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeOpenStack, type Row } from '../support/fake-openstack.ts';
import { idOf, NOW } from '../support/samples.ts';

export const SECRET = 'correct horse';
const TIMEOUT_MS = 300;
const ROUTERS = [1, 2, 3, 4, 5];

export class Account {
  readonly fake: FakeOpenStack;
  readonly clock: FakeClock;
  readonly pauses: number[] = [];
  readonly #sessions: Session[] = [];

  private constructor(fake: FakeOpenStack, clock: FakeClock) {
    this.fake = fake;
    this.clock = clock;
  }

  static async start(): Promise<Account> {
    const clock = new FakeClock(NOW);
    const fake = await FakeOpenStack.start(() => clock.now().getTime());
    fake.tables.routers.push(...ROUTERS.map(routerRow));
    return new Account(fake, clock);
  }

  /** A session that has asked nothing yet. `auth` and `more` are what clouds.yaml says besides the usual. */
  session(auth: Row = {}, more: Row = {}): Session {
    const usual = { username: 'praas', password: SECRET, project_name: 'service', user_domain_name: 'Default' };
    const written = { region_name: 'RegionOne', auth: { auth_url: this.fake.keystone, ...usual, ...auth }, ...more };
    const http = new ServiceClient({
      verify: true,
      timeoutMs: TIMEOUT_MS,
      random: () => 0.5,
      pause: async (milliseconds) => void this.pauses.push(milliseconds),
    });
    const config = parseCloud({ name: 'praas', where: 'clouds.yaml', cloud: written, variables: {} });
    const session = new Session({ config, http, clock: this.clock });
    this.#sessions.push(session);
    return session;
  }

  cloud(auth: Row = {}, more: Row = {}): OpenStackCloud {
    return new OpenStackCloud(this.session(auth, more));
  }

  /** What was sent to log in, in order. */
  get logins(): unknown[] {
    return this.fake.asked.filter(({ method }) => method === 'POST').map(({ body }) => body);
  }

  async end(): Promise<void> {
    for (const session of this.#sessions) session.close();
    await this.fake.stop();
  }
}

/** Gives what was thrown; undefined when nothing was. */
export function failureOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

function routerRow(n: number): Row {
  return {
    id: idOf(n),
    name: `router-${n}`,
    project_id: 'blue',
    admin_state_up: true,
    status: 'ACTIVE',
    external_gateway_info: null,
    ha: false,
    distributed: false,
  };
}
