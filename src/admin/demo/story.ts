/**
 * The story: one router, two servers that nobody outside can reach, and what praas does about it. Every chapter is seen
 * on packets; nothing is only claimed.
 */
import type { HeldConnection } from './controller.ts';
import { ADDRESSES } from './plan.ts';
import type { Stage } from './stage.ts';

export type StoryBackend = 'iptables' | 'nftables';

/** What the servers serve before the story begins. */
export const HTTP = { protocol: 'tcp', port: 80, http: true } as const;
export const SSH = { protocol: 'tcp', port: 22, banner: 'SSH-2.0-demo' } as const;

const FIRST_PORT = 4000;
const SSH_PORT = 4022;
const NEW_WEB_PORT = 4050;
const SHORT_ID = 8;
const CLOSED_MS = 500;

const PICTURE = `
   outside                  router                    the tenant's network
                       ┌──────────────┐
   203.0.113.2  ───────┤ 203.0.113.10 │        ┌─── web  10.20.0.51   http on port 80
   198.51.100.7        │    10.20.0.1 ├────────┤
                       └──────────────┘        └─── db   10.20.0.52   ssh on port 22
`;

const RULES: Readonly<Record<StoryBackend, readonly string[]>> = {
  iptables: ['iptables', '-t', 'nat', '-S', 'custom-PREROUTING'],
  nftables: ['nft', 'list', 'table', 'ip', 'praas'],
};

const FROM_OTHER = ['--interface', ADDRESSES.otherClient];
const url = (port: number): string => `http://${ADDRESSES.gateway}:${port}/`;
const hello = (address: string): string => `web says hello to ${address}`;

/** Tells it from beginning to end. Throws DEMO_FAILED at the first thing that is not as told. */
export async function tellStory(stage: Stage, backend: StoryBackend): Promise<void> {
  await begin(stage);
  await publishWeb(stage);
  const session = await publishSsh(stage);
  await lookAround(stage, backend);
  await narrow(stage);
  await move(stage);
  await withdraw(stage, session);
}

async function begin(stage: Stage): Promise<void> {
  stage.screen.chapter('A tenant has two servers behind a router, and no floating IP');
  stage.screen.say(PICTURE);
  await stage.expectClosed(url(FIRST_PORT));
  stage.screen.shown('before: nothing is published, nobody outside gets in');
}

async function publishWeb(stage: Stage): Promise<void> {
  stage.screen.chapter('Publish the web server');
  await stage.praas(...create(stage, ADDRESSES.web, HTTP.port), '--name', 'web');
  const { router_port } = await stage.find('web');
  stage.screen.shown(`praas picked router port ${router_port}`);
  await stage.expectAnswer(url(router_port), hello(ADDRESSES.client));
  stage.screen.shown('the web server answers on the gateway address, and sees who calls');
}

async function publishSsh(stage: Stage): Promise<HeldConnection> {
  stage.screen.chapter('Publish ssh of the database server, on a port of our choice');
  const port = ['--router-port', String(SSH_PORT)];
  const columns = ['-c', 'ID', '-c', 'Status'];
  await stage.praas(...create(stage, ADDRESSES.db, SSH.port), ...port, '--name', 'ssh', ...columns);
  const session = await stage.client.open({ protocol: 'tcp', address: ADDRESSES.gateway, port: SSH_PORT });
  const greeting = session.greeting?.reply ?? 'nothing';
  stage.screen.say(`\n${ADDRESSES.client} connects to ${ADDRESSES.gateway}:${SSH_PORT} and hears: ${greeting}`);
  stage.check('the greeting of ssh', greeting === SSH.banner, `expected “${SSH.banner}”, got “${greeting}”`);
  stage.screen.shown('the database server answers; this session stays open until the end of the story');
  return session;
}

async function lookAround(stage: Stage, backend: StoryBackend): Promise<void> {
  stage.screen.chapter('What is published, and what the kernel holds');
  const list = await stage.praas('pat', 'list', '--router', stage.places.router);
  const missing = ['web', 'ssh', ADDRESSES.web, ADDRESSES.db].filter((text) => !list.includes(text));
  stage.check('praas pat list', missing.length === 0, `does not show ${missing.join(', ')}`);
  const rules = await stage.inRouter(...RULES[backend]);
  for (const name of ['web', 'ssh']) {
    const { id } = await stage.find(name);
    stage.check('the rules in the kernel', rules.includes(id), `no rule carries the id of ${name}, ${id}`);
  }
  stage.screen.shown('every rule says which mapping it belongs to');
}

async function narrow(stage: Stage): Promise<void> {
  stage.screen.chapter('Let only one network in');
  const { id, router_port } = await stage.find('web');
  await stage.praas('pat', 'update', short(id), '--allow', '198.51.100.0/24', '-c', 'Allowed CIDRs', '-c', 'Status');
  await stage.expectClosed(url(router_port));
  stage.screen.shown(`closed for ${ADDRESSES.client}`);
  await stage.expectAnswer(url(router_port), hello(ADDRESSES.otherClient), FROM_OTHER);
  stage.screen.shown(`open for ${ADDRESSES.otherClient}`);
}

async function move(stage: Stage): Promise<void> {
  stage.screen.chapter('Move it to another port, open to everybody again');
  const { id, router_port } = await stage.find('web');
  const there = ['--router-port', String(NEW_WEB_PORT), '--clear-allow'];
  await stage.praas('pat', 'update', short(id), ...there, '-c', 'Router Port', '-c', 'Status');
  await stage.expectClosed(url(router_port));
  stage.screen.shown(`the old port ${router_port} is closed`);
  await stage.expectAnswer(url(NEW_WEB_PORT), hello(ADDRESSES.client));
  stage.screen.shown(`the new port ${NEW_WEB_PORT} is open`);
}

async function withdraw(stage: Stage, session: HeldConnection): Promise<void> {
  stage.screen.chapter('Delete one, then the other');
  const { id: web } = await stage.find('web');
  const { id: ssh } = await stage.find('ssh');
  const before = await session.send('still there?');
  stage.check('the open ssh session', 'reply' in before, 'it did not survive what was done to another mapping');
  await stage.praas('pat', 'delete', short(ssh));
  const after = await session.send('still there?', CLOSED_MS);
  stage.check('the open ssh session', 'error' in after, 'it went on after its mapping was deleted');
  stage.screen.shown('the ssh session that was open all the time ended with its mapping');
  await stage.expectClosed(url(SSH_PORT));
  await stage.expectAnswer(url(NEW_WEB_PORT), hello(ADDRESSES.client));
  stage.screen.shown('ssh is closed, and the web server is where it was');
  await stage.praas('pat', 'delete', short(web));
  await stage.expectClosed(url(NEW_WEB_PORT));
  stage.screen.shown('after: everything is closed again');
}

function create(stage: Stage, server_ip: string, port: number): string[] {
  return ['pat', 'create', '--router', stage.places.router, '--server-ip', server_ip, '--port', String(port)];
}

function short(id: string): string {
  return id.slice(0, SHORT_ID);
}
