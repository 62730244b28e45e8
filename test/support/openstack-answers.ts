/** How the fake OpenStack says things, and how it fails to. */
import type { ServerResponse } from 'node:http';

/** What the next requests meet instead of an answer: each is used once, in order. */
export type Trouble =
  | { readonly status: number; readonly text?: string; readonly headers?: Readonly<Record<string, string>> }
  /** None: for a trouble that comes only after it. */
  | 'fine'
  | 'hang'
  | 'close'
  | 'html'
  | 'half'
  | 'wrong types';

export function misbehave(trouble: Exclude<Trouble, 'fine'>, response: ServerResponse): void {
  if (trouble === 'hang') return;
  if (trouble === 'close') return void response.socket?.destroy();
  if (trouble === 'html') return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>busy</html>');
  if (trouble === 'wrong types') return send(response, 200, { routers: 'none', token: 7 });
  if (trouble === 'half') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
    response.write('{"routers": [');
    setTimeout(() => response.socket?.destroy(), 20);
    return;
  }
  response.writeHead(trouble.status, trouble.headers).end(trouble.text ?? '');
}

/** A refusal in the words of the service: `key` is `error`, `NeutronError`, `itemNotFound`. */
export function refuse(response: ServerResponse, code: number, key: string, message: string): void {
  send(response, code, { [key]: { code, message } });
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
