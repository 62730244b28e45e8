/**
 * /docs: the document of /openapi.json as one page for people. It needs no script and loads nothing else, so it works on a
 * node without internet access and under the strictest Content-Security-Policy.
 */
import { createHash } from 'node:crypto';
import { type Content, Html, html } from './html.ts';
import type { Document } from './openapi.ts';
import { componentName, constraintsText, type Schema, typeText } from './schema-text.ts';

interface DocsPage {
  readonly html: string;
  /** The Content-Security-Policy that allows the page's own style and nothing else. */
  readonly policy: string;
}

/** The parts of the document that the page reads. */
interface ParameterObject {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}
type Media = Readonly<Record<string, { readonly schema: Schema }>>;
interface ResponseObject {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Media;
}
interface OperationObject {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly content: Media };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}
interface Components {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

/** Takes the document, gives the page. Everything in the document is text on the page, never HTML. */
export function docsPage(document: Document): DocsPage {
  const { info, tags = [] } = document;
  const components = document.components as unknown as Components;
  const operations = operationsOf(document);
  const ofTag = (tag: string): readonly OperationObject[] =>
    operations.filter((operation) => operation.tags.includes(tag));
  const title = `${info.title} API ${info.version}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<nav aria-label="Contents">
<p><a href="#top">${title}</a></p>
${tags.map(({ name }) => html`<p><a href="#${name}">${name}</a></p>\n${list(ofTag(name).map(linkTo))}\n`)}
<p><a href="#objects">objects</a></p>
${list(Object.keys(components.schemas).map((name) => html`<a href="#object-${name}">${name}</a>`))}
</nav>
<main id="top">
<h1>${title}</h1>
<p>${info.summary ?? ''}</p>
${prose(info.description)}
<p>In the examples, PRAAS_URL is the URL of the API (such as https://node:3000) and PRAAS_TOKEN is a token.
The same document for programs is <a href="/openapi.json">/openapi.json</a> (OpenAPI ${document.openapi}).</p>
${tags.map(
  ({ name, description }) =>
    html`<section id="${name}">\n<h2>${name}</h2>\n${prose(description)}
${ofTag(name).map((operation) => operationArticle(operation, components))}</section>\n`,
)}<section id="objects">
<h2>objects</h2>
${Object.entries(components.schemas).map(
  ([name, schema]) =>
    html`<article id="object-${name}">\n<h3>${name}</h3>\n${fieldTable(fieldRows(schema, components))}\n</article>\n`,
)}</section>
</main>
</body>
</html>
`;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html: page.text, policy };
}

function operationsOf({ paths = {} }: Document): OperationObject[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...(operation as OperationObject), method, path })),
  );
}

function linkTo({ operationId, method, path }: OperationObject): Html {
  return html`<a href="#${operationId}"><b>${method.toUpperCase()}</b> ${path}</a>`;
}

function operationArticle(operation: OperationObject, components: Components): Html {
  const { operationId, method, path, summary, description, parameters = [], requestBody } = operation;
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  return html`<article id="${operationId}">
<h3><b>${method.toUpperCase()}</b> <code>${path}</code></h3>
<p><strong>${summary}</strong></p>
${prose(description)}
${parameters.length === 0 ? '' : html`<h4>Parameters</h4>\n${fieldTable(parameters.map(parameterRow))}\n`}${
  body === undefined ? '' : html`<h4>Body</h4>\n${fieldTable(fieldRows(body, components))}\n`
}<h4>Responses</h4>
${table(
  ['Status', 'Description', 'Body'],
  Object.entries(operation.responses).map((entry) => responseRow(entry, components)),
)}
<h4>Example</h4>
<pre><code>${curlOf(operation, body?.examples?.[0])}</code></pre>
</article>
`;
}

function parameterRow({ in: location, name, required = false, description = '', schema }: ParameterObject): Content[] {
  return [
    html`<code>${name}</code> <small>in ${location}${required ? ', required' : ''}</small>`,
    typeCell(schema),
    description,
  ];
}

/** The fields of an object, and the fields of the objects that are its direct fields. */
function fieldRows(schema: Schema, components: Components, prefix = ''): Content[][] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = required.includes(name);
    const row = [
      html`<code>${path}</code>${isRequired ? html` <small>required</small>` : ''}`,
      typeCell(field),
      field.description ?? '',
    ];
    const object = field.$ref === undefined ? field : components.schemas[componentName(field.$ref)];
    const inner = prefix === '' && object !== undefined ? fieldRows(object, components, `${path}.`) : [];
    return [row, ...inner];
  });
}

function responseRow([status, given]: readonly [string, ResponseObject], components: Components): Content[] {
  const response = given.$ref === undefined ? given : components.responses[componentName(given.$ref)];
  // Every response has that header, as the introduction says.
  const headers = Object.keys(response?.headers ?? {}).filter((name) => name !== 'X-Openstack-Request-Id');
  const schema = Object.values(response?.content ?? {})[0]?.schema;
  const note = headers.length === 0 ? '' : html`<br><small>header ${headers.join(', ')}</small>`;
  const description = html`${inline(response?.description ?? '')}${note}`;
  return [html`<code>${status}</code>`, description, schema === undefined ? 'none' : typeCell(schema)];
}

function typeCell(schema: Schema): Html {
  const constraints = constraintsText(schema);
  return html`${typeText(schema)}${constraints === '' ? '' : html`<br><small>${constraints}</small>`}`;
}

function fieldTable(rows: readonly (readonly Content[])[]): Html {
  return table(['Name', 'Type', 'Description'], rows);
}

function table(heads: readonly string[], rows: readonly (readonly Content[])[]): Html {
  return html`<table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table>`;
}

function list(items: readonly Html[]): Html {
  return html`<ul>\n${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
}

/** Paragraphs, with text between backticks as code. */
function prose(text = ''): Html[] {
  return text === '' ? [] : text.split('\n\n').map((paragraph) => html`<p>${inline(paragraph)}</p>\n`);
}

function inline(text: string): Content[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

/** A shell command that works as it is once ID is replaced. */
function curlOf({ method, path, security }: OperationObject, body: unknown): string {
  const quoted = JSON.stringify(body)?.replaceAll("'", String.raw`'\''`);
  const parts = [
    method === 'get' ? 'curl' : `curl -X ${method.toUpperCase()}`,
    ...(security?.length === 0 ? [] : ['-H "X-Auth-Token: $PRAAS_TOKEN"']),
    ...(quoted === undefined ? [] : [`-H 'Content-Type: application/json' -d '${quoted}'`]),
    `"$PRAAS_URL${path.replace('{id}', 'ID')}"`,
  ];
  return parts.join(' \\\n  ');
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); font: 16px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .875rem; }
nav p { margin: 1rem 0 .25rem; font-weight: bold; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { overflow-wrap: anywhere; }
nav b { font-size: .75rem; }
a { color: LinkText; text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
main { padding: 1rem 2rem 4rem; max-width: 62rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.5rem; overflow-wrap: anywhere; }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
pre { padding: .75rem; overflow: auto; background: var(--soft); border-radius: .25rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-size: .875rem; }
th:first-child { width: 30%; }
th:nth-child(2) { width: 30%; }
small { opacity: .75; }
@media (max-width: 50rem) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
  thead { display: none; }
  tr { display: block; padding: .35rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; padding: 0; border: 0; }
}
@media print { nav { display: none; } body { display: block; } }
`;
