/** The API of a product that exists for a test only: a few routes with all that a product may bring. */
import { Counter, type Registry } from 'prom-client';
import * as z from 'zod';
import type { Actions } from '../../../../src/core/identity/policy.ts';
import type { Api } from '../../../../src/server/http/api.ts';
import { type Endpoint, endpoint } from '../../../../src/server/http/endpoint.ts';
import { entityTag, precondition } from '../../../../src/server/http/etag.ts';
import type { ReadinessCheck } from '../../../../src/server/http/readiness.ts';
import { praasError } from './errors.ts';

export const TOY_ACTIONS = {
  'bell:list': { level: 'reader', description: 'list bells' },
  'bell:ring': { level: 'admin', description: 'ring bells' },
} as const satisfies Actions;

/** A check of the product, for /readyz. */
export const TOY_CHECK: ReadinessCheck = { name: 'bells', isOptional: true, check: async () => undefined };

const RingBody = z
  .strictObject({ times: z.int('a whole number').min(1, 'from 1 on') })
  .meta({ override: { examples: [{ times: 1 }] } });
const BellName = z.string().regex(/^[a-z]+$/, 'a name');
const BellDocument = z.object({ bell: z.object({ id: z.string(), rings: z.int() }) }).meta({ id: 'BellDocument' });

interface Bell {
  readonly id: string;
  readonly rings: number;
}

export function toyApi(registry: Registry): Api {
  const metric = new Counter({ name: 'toy_rings_total', help: 'Rings of bells.', registers: [registry] });
  const rings = new Map([['door', 0]]);
  const bellOf = (id: string): Bell => {
    const count = rings.get(id);
    if (count === undefined) throw praasError('BELL_BROKEN', { bell: id });
    return { id, rings: count };
  };
  return {
    summary: 'Rings bells.',
    tags: [{ name: 'bells', description: 'Bells that can be rung.', id: 'name of the bell' }],
    actions: TOY_ACTIONS,
    introduction: ['A bell rings once per request.'],
    endpoints: [
      ...readEndpoints(rings, bellOf),
      endpoint<undefined, z.infer<typeof RingBody>>({
        method: 'post',
        path: '/v1/bells/{id}/ring',
        id: BellName,
        name: 'ringBell',
        summary: 'Ring a bell',
        tag: 'bells',
        action: 'bell:ring',
        body: RingBody,
        headers: ['If-Match'],
        responses: { 204: { description: 'It rang.' } },
        async handle({ id, body, ifMatch }) {
          const bell = bellOf(id);
          precondition<Bell>(ifMatch, entityTag)?.(bell);
          rings.set(id, bell.rings + body.times);
          metric.inc(body.times);
          return { status: 204 };
        },
      }),
    ],
  };
}

function readEndpoints(rings: ReadonlyMap<string, number>, bellOf: (id: string) => Bell): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/v1/bells',
      name: 'listBells',
      summary: 'List bells',
      tag: 'bells',
      action: 'bell:list',
      responses: { 200: { description: 'All bells.' } },
      handle: async () => ({ status: 200, body: { bells: [...rings.keys()] } }),
    }),
    endpoint({
      method: 'get',
      path: '/v1/bells/{id}',
      id: BellName,
      name: 'showBell',
      summary: 'Show a bell',
      tag: 'bells',
      action: 'bell:list',
      responses: { 200: { description: 'The bell.', schema: BellDocument, etag: 'Its rings.' } },
      handle: async ({ id }) => {
        const bell = bellOf(id);
        return { status: 200, body: { bell }, headers: { ETag: entityTag(bell) } };
      },
    }),
  ];
}
