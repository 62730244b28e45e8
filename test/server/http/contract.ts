/** What /openapi.json promises, as something that can be asked: a test should not know the API better than its document does. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Document } from '../../../src/server/http/openapi.ts';
import type { Schema } from '../../../src/server/http/schema-text.ts';

export interface Parameter {
  readonly in: 'query' | 'path' | 'header';
  readonly name: string;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly query: readonly Parameter[];
  readonly headers: readonly string[];
  readonly body: Schema | undefined;
  readonly statuses: readonly string[];
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, object>>;
}
interface Answer {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, object>>;
}

export class Contract {
  readonly operations: readonly Operation[];
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    formats.default(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: 'api' });
    this.#document = document;
    this.operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item).map(([method, given]) => {
        const { operationId, parameters = [], requestBody, responses } = given as Described;
        return {
          method,
          path,
          operationId,
          parameters,
          query: parameters.filter((parameter) => parameter.in === 'query'),
          headers: parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
          body: requestBody?.content['application/json']?.schema,
          statuses: Object.keys(responses),
        };
      }),
    );
  }

  /** Throws for an operation that is not in the document. */
  operation(operationId: string): Operation {
    const found = this.operations.find((each) => each.operationId === operationId);
    if (found === undefined) throw new Error(`no operation ${operationId} in the document`);
    return found;
  }

  /** Why that text is no value of the parameter; undefined when it is one. */
  whyNotParameter({ method, path }: Operation, { name, schema }: Parameter, text: string): string | undefined {
    const place = ['paths', path, method, 'parameters', String(this.#place(path, method, name)), 'schema'];
    const value = schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
    return this.#whyNot(place, schema.type === 'array' ? [text] : value);
  }

  /** The names of the fields of the object that is at `top` in the body. */
  fieldsOf({ body }: Operation, top: string): readonly string[] {
    const $ref = body?.properties?.[top]?.$ref ?? '';
    const schema = this.#document.components?.schemas?.[$ref.split('/').at(-1) ?? ''] as Schema | undefined;
    return Object.keys(schema?.properties ?? {});
  }

  /** Why that body is not allowed; undefined when it is. */
  whyNotBody({ method, path }: Operation, body: unknown): string | undefined {
    return this.#whyNot(['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'], body);
  }

  /** Whether the document forbids a query: an unknown parameter, one too often, a value that its schema refuses. */
  forbidsQuery({ method, path, query }: Operation, pairs: readonly (readonly [string, string])[]): boolean {
    const names = new Set(pairs.map(([name]) => name));
    return [...names].some((name) => {
      const index = query.findIndex((parameter) => parameter.name === name);
      const schema = query[index]?.schema;
      if (schema === undefined) return true;
      const texts = pairs.filter((pair) => pair[0] === name).map(([, text]) => text);
      const place = ['paths', path, method, 'parameters', String(this.#place(path, method, name)), 'schema'];
      if (schema.type === 'array') return this.#whyNot(place, texts) !== undefined;
      const [text = ''] = texts;
      const value = schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
      return texts.length > 1 || this.#whyNot(place, value) !== undefined;
    });
  }

  /** What of an answer is not as the document says; undefined when all of it is. */
  async whyNotAnswer({ method, path }: Operation, response: Response): Promise<string | undefined> {
    const status = String(response.status);
    const [place, answer] = this.#answer(['paths', path, method, 'responses', status]);
    if (answer === undefined) return `status ${status} is not described`;
    for (const name of Object.keys(answer.headers ?? {}).filter((each) => each !== 'ETag')) {
      if (!response.headers.has(name)) return `${status} has no ${name}`;
    }
    if (response.headers.has('ETag') && answer.headers?.['ETag'] === undefined) return `${status} has an ETag`;
    const text = await response.text();
    if (answer.content === undefined) return text === '' ? undefined : `${status} has a body`;
    const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
    if (!(type in answer.content)) return `${status} is ${type}`;
    return this.#whyNot([...place, 'content', type, 'schema'], type === 'application/json' ? JSON.parse(text) : text);
  }

  #place(path: string, method: string, name: string): number {
    const item = this.#document.paths?.[path] as unknown as Readonly<Record<string, Described>>;
    return (item[method]?.parameters ?? []).findIndex((parameter) => parameter.name === name);
  }

  #answer(place: readonly string[]): [readonly string[], Answer | undefined] {
    const found = place.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      this.#document,
    );
    const answer = found as Answer | undefined;
    return answer?.$ref === undefined ? [place, answer] : this.#answer(answer.$ref.slice(2).split('/'));
  }

  #whyNot(place: readonly string[], value: unknown): string | undefined {
    const pointer = place.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `api#/${pointer}` });
    this.#compiled.set(pointer, validate);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }
}
