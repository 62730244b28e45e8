/** The API of a product that exists for a test only: two routes with all that a product may bring. */
import { Counter, type Registry } from 'prom-client';
import * as z from 'zod';
import type { Actions } from '../../../../src/core/identity/policy.ts';
import type { Api } from '../../../../src/server/http/api.ts';
import { endpoint } from '../../../../src/server/http/endpoint.ts';
import { praasError } from './errors.ts';

export const TOY_ACTIONS = {
  'bell:list': { level: 'reader', description: 'list bells' },
  'bell:ring': { level: 'admin', description: 'ring bells' },
} as const satisfies Actions;

const RingBody = z.strictObject({ times: z.int('a whole number').min(1, 'from 1 on') });

export function toyApi(registry: Registry): Api {
  const rings = new Counter({ name: 'toy_rings_total', help: 'Bells rung.', registers: [registry] });
  return {
    tags: [{ name: 'bells', description: 'Bells that can be rung.', id: 'name of the bell' }],
    actions: TOY_ACTIONS,
    introduction: ['A bell rings once per request.'],
    endpoints: [
      endpoint({
        method: 'get',
        path: '/v1/bells',
        name: 'listBells',
        summary: 'List bells',
        tag: 'bells',
        action: 'bell:list',
        responses: { 200: { description: 'All bells.' } },
        handle: async () => ({ status: 200, body: { bells: ['door'] } }),
      }),
      endpoint<undefined, z.infer<typeof RingBody>>({
        method: 'post',
        path: '/v1/bells/{id}/ring',
        name: 'ringBell',
        summary: 'Ring a bell',
        tag: 'bells',
        action: 'bell:ring',
        body: RingBody,
        responses: { 204: { description: 'It rang.' } },
        async handle({ id, body }) {
          if (id !== 'door') throw praasError('BELL_BROKEN', { bell: id });
          rings.inc(body.times);
          return { status: 204 };
        },
      }),
    ],
  };
}
