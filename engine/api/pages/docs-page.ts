import type { Dialect } from '../dialect.ts'
import { descriptionOf, documentPath } from '../openapi/document.ts'
import type { ApiOptions } from '../options.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { swaggerUi } from './swagger-ui.ts'

export const docsPath = ({ id }: Pick<Dialect, 'id'>): string => `/docs/${id}`

/** The routes of one dialect, to read and to try. A script fills it in from the OpenAPI document. */
export function docsPage({ version, dialects }: ApiOptions, shown: Dialect): string {
  const tabs = dialects.map((dialect) => {
    const current = dialect === shown ? html` aria-current="page"` : html``
    return html`<a href="${docsPath(dialect)}"${current}>${dialect.title}</a>`
  })
  const document = documentPath(shown)
  return layout({
    title: `${shown.title} - Ringdown`,
    script: 'docs.js',
    styles: [swaggerUi.style, '/assets/docs.css'],
    classicScript: swaggerUi.script,
    version,
    main: html`<nav class="tabs" aria-label="APIs">${tabs}</nav>
<section class="hero">
<h1>${shown.title}</h1>
<p>${descriptionOf(shown)}</p>
<p><a href="${document}">OpenAPI document</a></p>
</section>
<div id="docs" data-document="${document}" data-takes="${shown.credentials.kinds.join(' ')}">
<p class="hint">To show the routes this page needs JavaScript.</p></div>`,
  })
}
