/** Which packets of a connection through a mapping pass at the places where a rule may drop them, as they are there. Pure. */
import type { Protocol } from '../pat/mapping/mapping.ts';
import type { FilterVerdict, ForwardedPacket } from '../pat/router/forwarding.ts';

/** A packet as a chain sees it. The client is any, so only the other end of the connection is known. */
export interface SeenPacket {
  readonly protocol: Protocol;
  /** Which end is known: the destination of a request, the source of a reply. */
  readonly known: 'destination' | 'source';
  readonly address: string;
  readonly port: number;
  /** Where the client sends its requests. */
  readonly original: { readonly address: string; readonly port: number };
  /** The interfaces; undefined where they are not known, or not yet. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** In connection tracking; undefined before it. */
  readonly state: 'new' | 'established' | undefined;
  /** Connection tracking knows that its destination was translated. */
  readonly isTranslated: boolean;
  /** Networks in which the client is not. */
  readonly notClients: readonly string[];
}

/**
 * `raw`: before connection tracking. `arriving`: after it, and before the rules of praas. `translated`: after these, before routing.
 * `forwarded`: after routing.
 */
export type Stage = 'raw' | 'arriving' | 'translated' | 'forwarded';

/** Gives the first request and a reply. */
export function packetsAt(stage: Stage, packet: ForwardedPacket): readonly [SeenPacket, SeenPacket] {
  const { protocol, server_ip, server_port, gateway_ip, router_port, from, to, inside = [] } = packet;
  const notClients = [...inside, `${gateway_ip}/32`];
  const original = { address: gateway_ip, port: router_port };
  const server = { address: server_ip, port: server_port };
  const isBefore = stage === 'raw' || stage === 'arriving';
  const isRouted = stage === 'forwarded';
  const request: SeenPacket = {
    protocol,
    original,
    known: 'destination',
    ...(isBefore ? original : server),
    from,
    to: isRouted ? to : undefined,
    state: stage === 'raw' ? undefined : 'new',
    isTranslated: !isBefore,
    notClients,
  };
  const reply: SeenPacket = {
    protocol,
    original,
    known: 'source',
    ...server,
    from: to,
    to: isRouted ? from : undefined,
    state: stage === 'raw' ? undefined : 'established',
    isTranslated: stage !== 'raw',
    notClients,
  };
  return [request, reply];
}

/** Marks the verdict on a reply. */
export function verdictFor({ known }: SeenPacket, verdict: FilterVerdict): FilterVerdict {
  return known === 'destination' || verdict.verdict === 'accepts' ? verdict : { ...verdict, ofReplies: true };
}

/** Gives the same, not certain any more. */
export function uncertain(verdict: FilterVerdict): FilterVerdict {
  return verdict.verdict === 'drops' ? { ...verdict, verdict: 'may_drop' } : verdict;
}

/** A packet has to pass all filters. */
export function worst(verdicts: readonly FilterVerdict[]): FilterVerdict {
  return (
    verdicts.find(({ verdict }) => verdict === 'drops') ??
    verdicts.find(({ verdict }) => verdict === 'may_drop') ?? { verdict: 'accepts' }
  );
}
