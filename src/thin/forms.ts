/**
 * The commands that the thin client knows: which of their options it reads, what it asks the daemon, and how it prints the
 * answer. Their columns are those of the commands themselves. Pure.
 */
import type { Column } from '../commands/output/rows.ts';
import { EVENT_COLUMNS, LISTED_EVENTS } from '../commands/pat/event-columns.ts';
import { LISTED, MAPPING_COLUMNS } from '../commands/pat/mapping-columns.ts';
import { LISTED_ROUTERS, ROUTER_COLUMNS } from '../commands/router/router-columns.ts';
import { isIpv4 } from '../core/values/ipv4.ts';
import { isRouter, type RouterSummary } from '../pat/router/view.ts';
import type { PlainWords } from './words.ts';

/** One answer to print. A list is printed as rows, a record as fields. */
export interface Form {
  /** The options that it reads, beside those of the output; by name, how a value becomes a field of the query. */
  readonly options: Readonly<Record<string, FormOption>>;
  /** The path of the request without its query; undefined for arguments that are not plain. */
  readonly path: (args: PlainWords['args']) => string | undefined;
  /** True where the command itself refuses anybody but root. */
  readonly isForRoot?: boolean;
  /** The field of the response that has the result. */
  readonly field: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command has records of its own, and a shape that has been checked
  readonly columns: readonly Column<any>[];
  /** The columns without -c; left out: all of one record. */
  readonly listed?: readonly string[];
  /** Which records of a list are shown. */
  readonly shows?: (record: unknown, words: PlainWords) => boolean;
  /** True where an empty list may need a word that only the command itself can say. */
  readonly mayBeUnknown?: (words: PlainWords) => boolean;
}

interface FormOption {
  /** Left out: it is not sent. */
  readonly query?: string;
  /** True for a value that the command takes as it is. */
  readonly isPlain?: (value: string) => boolean;
}

const ANY: FormOption['isPlain'] = () => true;
/** A router that is asked for as it is written; qrouter-UUID and snat-UUID stand for another one. */
const isRouterId = (text: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text) && !/^(?:qrouter|snat)-/.test(text);
const isCount = (text: string): boolean => /^[1-9]\d{0,2}$/.test(text);
const isIdPrefix = (text: string): boolean => /^[0-9a-f-]{1,36}$/.test(text);

const withoutArgs =
  (path: string): Form['path'] =>
  (args) =>
    args.length === 0 ? path : undefined;

export const FORMS: Readonly<Record<string, Form>> = {
  'pat:list': {
    options: {
      router: { query: 'router_id', isPlain: isRouterId },
      'server-ip': { query: 'server_ip', isPlain: isIpv4 },
      status: { query: 'status', isPlain: ANY },
    },
    path: withoutArgs('/v1/mappings'),
    field: 'mappings',
    columns: MAPPING_COLUMNS,
    listed: LISTED,
    mayBeUnknown: ({ options }) => options.has('router'),
  },
  'pat:show': {
    options: {},
    path: ([id = '', ...rest]) => (rest.length === 0 && isIdPrefix(id) ? `/v1/mappings/${id}` : undefined),
    field: 'mapping',
    columns: MAPPING_COLUMNS,
  },
  'router:list': {
    options: { all: {} },
    path: withoutArgs('/v1/routers'),
    isForRoot: true,
    field: 'routers',
    columns: ROUTER_COLUMNS,
    listed: LISTED_ROUTERS,
    shows: (router, { options }) => options.has('all') || isRouter(router as RouterSummary),
  },
  events: {
    options: {
      mapping: { query: 'mapping_id', isPlain: isIdPrefix },
      router: { query: 'router_id', isPlain: isRouterId },
      type: { query: 'type', isPlain: ANY },
      limit: { query: 'limit', isPlain: isCount },
    },
    path: withoutArgs('/v1/events'),
    isForRoot: true,
    field: 'events',
    columns: EVENT_COLUMNS,
    listed: LISTED_EVENTS,
  },
};

/** The path with the query of the options that were given; undefined where a value or an argument is not plain. */
export function requestPath({ options, path }: Form, words: PlainWords): string | undefined {
  const query = new URLSearchParams();
  for (const [name, { query: field, isPlain = ANY }] of Object.entries(options)) {
    for (const value of words.options.get(name) ?? []) {
      if (!isPlain?.(value)) return undefined;
      if (field !== undefined) query.set(field, value);
    }
  }
  const target = path(words.args);
  return target === undefined || query.size === 0 ? target : `${target}?${query.toString()}`;
}
