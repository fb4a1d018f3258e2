import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiOptions } from '../options.ts'
import { callPage } from './call-page.ts'
import { conferencePage } from './conference-page.ts'
import { conferencesPage } from './conferences-page.ts'
import { docsPage, docsPath } from './docs-page.ts'
import { contentSecurityPolicy } from './layout.ts'
import { addBuiltPages } from './phone-page.ts'
import { startPage } from './start-page.ts'
import { addSwaggerUi } from './swagger-ui.ts'

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
const assets = [
  'style.css',
  'icon.svg',
  'key.js',
  'ladder.css',
  'ladder.js',
  'dom.js',
  'format.js',
  'start.js',
  'call.js',
  'api-socket.js',
  'conference.js',
  'conferences.js',
  'room.css',
  'room-invited.js',
  'room-member.js',
  'room-model.js',
  'room-recordings.js',
  'room-said.js',
  'room-tiles.js',
  'room-words.js',
  'docs.js',
  'docs.css',
  'timeline.js',
  'timeline-model.js',
  'waveform.js',
]

/** The web pages: no key is needed for them, the browser asks the API with the user's own. */
export function addPages(app: FastifyInstance, options: ApiOptions): void {
  const { version } = options
  app.get('/about', async (_request, reply) => page(reply, startPage(options)))
  app.get('/calls/:id', async (_request, reply) => page(reply, callPage(version)))
  app.get('/conferences', async (_request, reply) => page(reply, conferencesPage(version)))
  app.get('/conferences/:id', async (_request, reply) => page(reply, conferencePage(version)))
  addDocs(app, options)
  for (const name of assets) addAsset(app, name)
  addBuiltPages(app, options)
}

/** A page for each dialect; `/docs` is the one of the first. */
function addDocs(app: FastifyInstance, options: ApiOptions): void {
  const [first] = options.dialects
  if (first === undefined) return
  app.get('/docs', async (_request, reply) => reply.redirect(docsPath(first)))
  for (const dialect of options.dialects) {
    const markup = docsPage(options, dialect)
    app.get(docsPath(dialect), async (_request, reply) => page(reply, markup))
  }
  addSwaggerUi(app)
}

const page = (reply: FastifyReply, markup: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', contentSecurityPolicy)
    .send(markup)

/** Read once at start; browsers ask again each time and mostly get a 304. */
function addAsset(app: FastifyInstance, name: string): void {
  const content = readFileSync(new URL(`assets/${name}`, import.meta.url))
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  app.get(`/assets/${name}`, async (request, reply) => {
    void reply.header('etag', etag).header('cache-control', 'no-cache').type(type)
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(content)
  })
}
