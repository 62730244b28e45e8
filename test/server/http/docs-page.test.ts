import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { PAT_ACTIONS } from '../../../src/pat/actions.ts';
import { docsPage } from '../../../src/server/http/docs-page.ts';
import { endpoint } from '../../../src/server/http/endpoint.ts';
import { html } from '../../../src/server/http/html.ts';
import { openApiDocument } from '../../../src/server/http/openapi.ts';
import { ChangeQuery, MappingDocument, NewMappingBody, UpdateBody } from '../../../src/server/pat/schemas.ts';
import { TestApi } from './api.ts';
import { Contract } from './contract.ts';

const API = new TestApi();
const PAGE = docsPage(API.document);
const OPERATIONS = new Contract(API.document).operations;

/** One article of the page, and its visible text. */
function article(id: string, page = PAGE.html): { readonly source: string; readonly text: string } {
  const [, rest = ''] = page.split(`<article id="${id}">`);
  const source = rest.split('</article>')[0] ?? '';
  return { source, text: visibleText(source) };
}

function visibleText(source: string): string {
  return source
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

const values = (pattern: RegExp, text = PAGE.html): string[] =>
  [...text.matchAll(pattern)].map(([, value = '']) => value);

describe.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))('%s', (id, operation) => {
  const { source, text } = article(id);

  test('is there with method, path and every way it can end', () => {
    expect(text).toContain(`${operation.method.toUpperCase()} ${operation.path}`);
    for (const status of operation.statuses) expect(source).toContain(`<td><code>${status}</code></td>`);
  });

  test('has its parameters and the fields of its body', () => {
    const names = [...operation.query.map(({ name }) => name), ...operation.headers];
    const fields = Object.keys(operation.body?.properties ?? {});

    for (const name of [...names, ...fields]) expect(source).toContain(`<td><code>${name}</code>`);
  });

  test('has an example for a shell that calls it', () => {
    const [example = ''] = values(/<pre><code>([\s\S]*?)<\/code>/g, source).map(visibleText);

    expect(example).toContain(`"$PRAAS_URL${operation.path.replace('{id}', 'ID')}"`);
    expect(example.includes('-X')).toBe(operation.method !== 'get');
    expect(example.includes('X-Auth-Token')).toBe(operation.path.startsWith('/v1/'));
    const body = /-d '([^']*)'/.exec(example)?.[1];
    expect(body && JSON.parse(body)).toEqual(operation.body?.examples?.[0]);
  });

  test('can be reached from the navigation', () => {
    expect(PAGE.html.split('</nav>')[0]).toContain(`href="#${id}"`);
  });
});

test('fields of a body come with type, constraints, default and meaning', () => {
  const { source, text } = article('createMappings');

  for (const name of Object.keys(NewMappingBody.shape)) expect(source).toContain(`<code>mapping.${name}</code>`);
  const { description } = NewMappingBody.shape.server_port;
  expect(text).toContain(`mapping.server_port requiredinteger1 to 65535${description}`);
  expect(text).toContain('mapping.protocoltcp | udpdefault "tcp"');
  expect(text).toContain('mapping.expires_atstring, date-time or null');
  expect(source).toContain('list of <a href="#object-NewMapping">NewMapping</a><br><small>1 to 1000 items</small>');
});

test('every object of the document is described, and every link leads somewhere, once', () => {
  const ids = values(/ id="([^"]*)"/g);

  for (const name of Object.keys(API.document.components?.schemas ?? {})) expect(ids).toContain(`object-${name}`);
  expect(new Set(ids).size).toBe(ids.length);
  expect(values(/ href="#([^"]*)"/g).filter((id) => !ids.includes(id))).toEqual([]);
});

test('what is opened is closed, in order', () => {
  const stack: string[] = [];
  for (const [, end, name = ''] of PAGE.html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (['meta', 'br'].includes(name)) continue;
    if (end === '') stack.push(name);
    else expect(stack.pop()).toBe(name);
  }

  expect(stack).toEqual([]);
});

describe('it needs nothing but itself', () => {
  test('no script, no handler, nothing that is loaded', () => {
    const page = PAGE.html.replace(/<style>[\s\S]*<\/style>/, '');

    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/<[^>]*\s(on\w+|src|style)\s*=/i);
    expect(values(/ href="([^#"]*)"/g, page).filter((href) => href !== '')).toEqual(['/openapi.json']);
    expect(PAGE.html.match(/<style>[\s\S]*<\/style>/)?.[0]).not.toMatch(/@import|url\(/);
  });

  test('its policy allows its own style and nothing else', () => {
    const [style = ''] = values(/<style>([\s\S]*?)<\/style>/g);
    const hash = createHash('sha256').update(style).digest('base64');

    expect(style).toContain('color-scheme: light dark');
    expect(PAGE.policy).toContain(`style-src 'sha256-${hash}'`);
    expect(PAGE.policy).toContain("default-src 'none'");
    expect(PAGE.policy).not.toContain('unsafe');
  });

  test('it fits a phone', () => {
    expect(PAGE.html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(PAGE.html).toMatch(/@media \(max-width: \d+rem\)/);
  });
});

const TAGS = [{ name: 'mappings', description: 'Published ports.' }];

test('the content of the document is text on the page, never HTML', () => {
  const evil = `</style><script>alert('1')</script>" onclick="&amp;`;
  const made = endpoint({
    method: 'patch',
    path: `/v1/${evil}/{id}`,
    name: 'evil',
    summary: evil,
    description: `${evil} \`${evil}\``,
    tag: 'mappings',
    action: 'mapping:show',
    query: ChangeQuery.describe(evil),
    body: UpdateBody.describe(evil).meta({ override: { examples: [{ evil }] } }),
    responses: { 200: { description: evil, schema: MappingDocument } },
    handle: async () => ({ status: 200 }),
  });
  const { html: page } = docsPage(
    openApiDocument([{ summary: evil, tags: TAGS, actions: PAT_ACTIONS, endpoints: [made] }], { version: evil }),
  );

  expect(page).not.toMatch(/<script|<[^>]* onclick/);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  const { text } = article('evil', page);
  expect(text.split(evil).length).toBeGreaterThan(4);
  expect(text).toContain(String.raw`alert('\''1'\'')`);
});

test('values in a template are escaped, Html and lists of it go in as they are', () => {
  const items = ['a<b', html`<i>${'"\'&'}</i>`, 3];

  expect(html`<p>${items}</p>`.text).toBe('<p>a&lt;b<i>&quot;&#39;&amp;</i>3</p>');
});
