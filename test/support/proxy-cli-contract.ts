/** What the Proxy CLI is promised: held to the routes alone in the fast tier, to a daemon in the daemon tier. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, ProxyCli, type Reply, send, type Target, type Told } from './proxy-cli.ts';

export interface AgentUnderTest {
  readonly baseUrl: string;
  /** The namespace of a router with nothing published. */
  readonly router_id: string;
  /** Its external address. */
  readonly gateway: string;
  /** Two addresses behind it. */
  readonly serverIps: readonly [string, string];
  /** Router ports that are handed out: two or more, all free. The ten above them are free, too. */
  readonly range: { readonly first: number; readonly last: number };
  remove(): Promise<void>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Every row of the contract byte for byte, and the sequences in which people come to them. */
export function proxyCliContract(name: string, make: () => Promise<AgentUnderTest>): void {
  describe(`the Proxy CLI: ${name}`, () => {
    let under: AgentUnderTest;
    let cli: ProxyCli;
    beforeAll(async () => {
      under = await make();
      cli = new ProxyCli(under.baseUrl);
    });
    afterEach(async () => {
      const { router_id, gateway } = under;
      for (const row of await cli.list(router_id)) await cli.remove({ router_id, gateway, ...row });
    });
    afterAll(() => under.remove());

    const get = (path: string): Promise<Reply> => send(under.baseUrl, { method: 'GET', path });
    const post = (path: string, headers = {}): Promise<Reply> => send(under.baseUrl, { method: 'POST', path, headers });
    const ssh = (): Target => ({
      router_id: under.router_id,
      gateway: under.gateway,
      server_ip: under.serverIps[0],
      server_port: '22',
    });
    const portOf = (told: Told): string => told.answer['create_router_port'] ?? '';
    const expectText = (reply: Reply, httpStatus: number, answer: Answer): void => {
      expect(reply.text).toBe(JSON.stringify(answer));
      expect(reply.httpStatus).toBe(httpStatus);
      expect(reply.headers['content-type']).toBe(JSON_TYPE);
    };
    /** Byte for byte but for the message, which is free text: one line for people that names these facts. */
    const expectAnswer = (reply: Reply, httpStatus: number, fields: Answer, facts: readonly string[]): void => {
      const { message = '' } = reply.answer;
      expectText(reply, httpStatus, { ...fields, message });
      expect(message).toMatch(/^\P{Cc}+$/u);
      for (const fact of facts) expect(message).toContain(fact);
    };

    test('where nothing is published both tables are {}', async () => {
      const { router_id, serverIps } = under;

      expectText(await get(`/router_pat?router_id=${router_id}`), 200, {});
      expectText(await get(`/router_server_pat?router_id=${router_id}&server_ip=${serverIps[0]}`), 200, {});
      expectText(await get('/router_pat?router_id=qrouter-00000000-0000-4000-8000-00000000dead'), 200, {});
    });

    test('a new one is SUCCESS with a port of the range, and is in both tables', async () => {
      const { router_id, gateway, serverIps, range } = under;
      const [server_ip, otherIp] = serverIps;

      const told = await cli.create(ssh());

      const port = portOf(told);
      expectAnswer(
        told,
        200,
        {
          status: 'SUCCESS',
          create_router_port: port,
          server_ip,
          create_server_port: '22',
          gateway,
        },
        [`${server_ip}:22`, `${gateway}:${port}`],
      );
      expect(Number(port)).toBeGreaterThanOrEqual(range.first);
      expect(Number(port)).toBeLessThanOrEqual(range.last);
      expectText(await get(`/router_pat?router_id=${router_id}`), 200, { [`${server_ip}:22`]: port });
      expectText(await get(`/router_server_pat?router_id=${router_id}&server_ip=${server_ip}`), 200, { 22: port });
      expectText(await get(`/router_server_pat?router_id=${router_id}&server_ip=${otherIp}`), 200, {});
    });

    test('the table before a change is the one of that server, and the whole router has every server', async () => {
      const [first, second] = under.serverIps;
      const one = portOf(await cli.create(ssh()));
      const two = portOf(await cli.create({ ...ssh(), server_ip: second }));

      const told = await cli.remove({ ...ssh(), server_ip: second });

      expect(told.table).toEqual({ 22: two });
      expect(await cli.list(under.router_id)).toEqual([{ server_ip: first, server_port: '22', router_port: one }]);
    });

    test('created twice it is CREATED the second time, with the port of the first', async () => {
      const { gateway } = under;
      const port = portOf(await cli.create(ssh()));

      const told = await cli.create(ssh());

      const { server_ip } = ssh();
      expect(told.table).toEqual({ 22: port });
      expectAnswer(
        told,
        200,
        {
          status: 'CREATED',
          created_server_port: '22',
          created_router_port: port,
          server_ip,
          gateway,
        },
        [`${server_ip}:22`, `${gateway}:${port}`],
      );
      expect(await cli.list(under.router_id)).toHaveLength(1);
    });

    test('created many times at once it is one mapping', async () => {
      const told = await Promise.all(Array.from({ length: 8 }, () => cli.create(ssh())));

      const words = told.map(({ answer }) => answer['status']).toSorted();
      const ports = new Set(told.map(({ answer }) => answer['create_router_port'] ?? answer['created_router_port']));
      expect(words).toEqual([...Array<string>(7).fill('CREATED'), 'SUCCESS']);
      expect(await cli.table(ssh())).toEqual({ 22: [...ports].join() });
    });

    test('removed it is REMOVED with the port that it had, and gone', async () => {
      const { gateway } = under;
      const port = portOf(await cli.create(ssh()));

      const told = await cli.remove(ssh());

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'REMOVED',
          remove_router_port: port,
          server_ip,
          remove_server_port: '22',
          gateway,
        },
        [`${server_ip}:22`, `${gateway}:${port}`],
      );
      expect(await cli.list(under.router_id)).toEqual([]);
    });

    test('what is not there to be removed is NO CREATED, and what is there stays', async () => {
      const { gateway } = under;
      await cli.create(ssh());

      const told = await cli.remove({ ...ssh(), server_port: '2222' });

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'NO CREATED',
          remove_server_port: '2222',
          server_ip,
          gateway,
        },
        [`${server_ip}:2222`, gateway],
      );
      expect(await cli.list(under.router_id)).toHaveLength(1);
    });

    test('moved to a free port it is SUCCESS with the old port and the new one', async () => {
      const { gateway, range } = under;
      const port = portOf(await cli.create(ssh()));
      const free = String(range.last + 1);

      const told = await cli.modify(ssh(), free);

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'SUCCESS',
          modified_router_port: port,
          modify_router_port: free,
          server_ip,
          modify_server_port: '22',
          gateway,
        },
        [`${server_ip}:22`, `${gateway}:${free}`, port],
      );
      expect(await cli.table(ssh())).toEqual({ 22: free });
    });

    test('moved to the port that it has it is USED, and nothing changes', async () => {
      const { gateway } = under;
      const port = portOf(await cli.create(ssh()));

      const told = await cli.modify(ssh(), port);

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'USED',
          modified_router_port: port,
          server_ip,
          modify_server_port: '22',
          modify_router_port: port,
          gateway,
        },
        [`${server_ip}:22`, `${gateway}:${port}`],
      );
      expect(await cli.table(ssh())).toEqual({ 22: port });
    });

    test('what is not there to be moved is NO CREATED', async () => {
      const { gateway, range } = under;

      const told = await cli.modify(ssh(), String(range.last));

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'NO CREATED',
          server_ip,
          modify_server_port: '22',
          gateway,
        },
        [`${server_ip}:22`, gateway],
      );
      expect(await cli.list(under.router_id)).toEqual([]);
    });

    test('moved to a port that another one has it is USED, and both stay where they are', async () => {
      const { gateway } = under;
      const web = { ...ssh(), server_ip: under.serverIps[1], server_port: '80' };
      const [port, used] = [portOf(await cli.create(ssh())), portOf(await cli.create(web))];
      const before = await cli.list(under.router_id);

      const told = await cli.modify(ssh(), used);

      const { server_ip } = ssh();
      expectAnswer(
        told,
        200,
        {
          status: 'USED',
          modified_router_port: port,
          server_ip,
          modify_server_port: '22',
          modify_router_port: used,
          gateway,
        },
        [`${gateway}:${used}`, `${web.server_ip}:80`, `${server_ip}:22`, port],
      );
      expect(await cli.list(under.router_id)).toEqual(before);
    });

    test('a full range gives each port once, then ERROR, and goes on when one is free again', async () => {
      const { range, gateway } = under;
      const size = range.last - range.first + 1;
      const servers = Array.from({ length: size }, (_, index) => ({ ...ssh(), server_port: String(1000 + index) }));
      const ports = (await Promise.all(servers.map((server) => cli.create(server)))).map(portOf);
      expect(ports.map(Number).toSorted((a, b) => a - b)).toEqual(servers.map((_, index) => range.first + index));

      const refused = await cli.create(ssh());

      expectAnswer(refused, 409, { status: 'ERROR' }, [`${range.first}:${range.last}`, gateway, String(size)]);
      expect(await cli.table(ssh())).toEqual(Object.fromEntries(ports.map((port, index) => [1000 + index, port])));
      await cli.remove({ ...ssh(), server_port: '1000' });
      expect(portOf(await cli.create(ssh()))).toBe(ports[0]);
    });

    test('a gateway that is not an address of the router is an ERROR, and has nothing to remove or to move', async () => {
      const elsewhere = { ...ssh(), gateway: '192.0.2.99' };

      const created = await cli.create(elsewhere);

      expectAnswer(created, 409, { status: 'ERROR' }, [elsewhere.gateway]);
      await cli.create(ssh());
      expect((await cli.remove(elsewhere)).answer['status']).toBe('NO CREATED');
      expect((await cli.modify(elsewhere, String(under.range.last))).answer['status']).toBe('NO CREATED');
      expect(await cli.list(under.router_id)).toHaveLength(1);
    });

    test('a router that is not on this node is an ERROR with the reason', async () => {
      const router_id = 'qrouter-00000000-0000-4000-8000-00000000dead';

      const told = await cli.create({ ...ssh(), router_id });

      expectAnswer(told, 404, { status: 'ERROR' }, ['00000000-0000-4000-8000-00000000dead']);
    });

    test('a body is not read, and unknown parameters are ignored', async () => {
      const { router_id, gateway, server_ip } = ssh();
      const known = `server_ip=${server_ip}&router_id=${router_id}&create_server_port=22&gateway=${gateway}`;

      const reply = await post(`/pat/create?user=x&${known}&user=y`, { 'Content-Length': '1000000' });

      expect(reply.answer).toMatchObject({ status: 'SUCCESS', create_server_port: '22' });
    });

    test.each([
      ['/router_pat', ['router_id']],
      ['/router_pat?router_id=', ['router_id', '""']],
      ['/router_pat?router_id=..%2F..%2Fetc', ['router_id', '"../../etc"']],
      ['/router_pat?router_id=a&router_id=a', ['router_id', '["a","a"]']],
      ['/router_server_pat?router_id=a', ['server_ip']],
      ['/router_server_pat?router_id=a&server_ip=10.20.0.051', ['server_ip', '"10.20.0.051"']],
    ])('GET %s is an ERROR that names the parameter and what was found', async (path, facts) => {
      expectAnswer(await get(path), 400, { status: 'ERROR' }, facts);
    });

    test.each([
      '',
      '0',
      '65536',
      '022',
      '+22',
      '-1',
      '2e1',
      '0x16',
      ' 22',
      '22 ',
      '22.0',
      '２２',
      'ssh',
      '22&create_server_port=22',
    ])('the port %j is an ERROR, and nothing is created', async (port) => {
      const { router_id, gateway, server_ip } = ssh();
      const value = port.includes('&') ? port : encodeURIComponent(port);
      const others = `server_ip=${server_ip}&router_id=${router_id}&gateway=${gateway}`;

      const reply = await post(`/pat/create?${others}&create_server_port=${value}`);

      const found = port.includes('&') ? '["22","22"]' : JSON.stringify(port);
      expectAnswer(reply, 400, { status: 'ERROR' }, ['create_server_port', found]);
      expect(await cli.list(router_id)).toEqual([]);
    });

    test.each([
      ['create', 'server_ip', 'create_server_port'],
      ['remove', 'server_ip', 'remove_server_port'],
      ['modify', 'server_ip', 'modify_server_port', 'modify_router_port'],
    ])('/pat/%s without one of its parameters is an ERROR', async (verb, ...own) => {
      const { router_id, gateway, server_ip } = ssh();
      const port = '22';
      const values: Readonly<Record<string, string>> = { server_ip, router_id, gateway };
      const names = [...own, 'router_id', 'gateway'];

      for (const missing of names) {
        const given = names.filter((each) => each !== missing).map((each) => `${each}=${values[each] ?? port}`);
        const reply = await post(`/pat/${verb}?${given.join('&')}`);
        expectAnswer(reply, 400, { status: 'ERROR' }, [missing]);
      }
    });

    test('a route is asked in its own way only', async () => {
      const reply = await get('/pat/create');

      expectAnswer(reply, 405, { status: 'ERROR' }, ['GET', '/pat/create', 'POST']);
      expect(reply.headers['allow']).toBe('POST');
    });

    test.each([
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Host: 'evil.example' },
    ])('a web page in a browser on the node gets nothing: %j', async (headers) => {
      const { router_id, gateway, server_ip } = ssh();
      const parameters = `server_ip=${server_ip}&router_id=${router_id}&create_server_port=22&gateway=${gateway}`;

      const reply = await post(`/pat/create?${parameters}`, headers);

      expectAnswer(reply, 403, { status: 'ERROR' }, []);
      expect(await cli.list(router_id)).toEqual([]);
    });
  });
}
