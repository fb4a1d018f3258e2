import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ApiOptions } from '../options.ts'
import { callPage } from './call-page.ts'
import { contentSecurityPolicy } from './layout.ts'
import { startPage } from './start-page.ts'

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
const assets = [
  'style.css',
  'icon.svg',
  'key.js',
  'dom.js',
  'format.js',
  'start.js',
  'call.js',
  'timeline.js',
  'timeline-model.js',
  'waveform.js',
]

/** The web pages: no key is needed for them, the browser asks the API with the user's own. */
export function addPages(app: FastifyInstance, options: ApiOptions): void {
  app.get('/', async (_request, reply) => page(reply, startPage(options)))
  app.get('/calls/:id', async (_request, reply) => page(reply, callPage(options.version)))
  for (const name of assets) addAsset(app, name)
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
