import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/failures.ts'
import type { ApiOptions } from '../options.ts'
import { type BuiltFile, BuiltFiles } from './built-files.ts'
import { html } from './html.ts'
import { contentSecurityPolicy, layout } from './layout.ts'

/**
 * The pages' own files and requests, and WebSockets for SIP, which may be on a port of their own. A
 * script that was not built with the page does not run; styles set by script are no inline styles.
 */
const builtPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self' ws: wss:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Serves the browser phone at `/`, the console at `/console` and the page of a signed link, from where they were built. Without a build both say how to make one. */
export function addBuiltPages(app: FastifyInstance, { phoneFolder, version }: ApiOptions): void {
  const files = phoneFolder === undefined ? undefined : new BuiltFiles(phoneFolder)
  const page = (request: FastifyRequest, reply: FastifyReply, name: string, microphone: string) => {
    const file = files?.get(name)
    if (file) {
      void reply
        .header('content-security-policy', builtPolicy)
        .header('permissions-policy', `microphone=${microphone}, camera=(), geolocation=()`)
      return send(request, reply, file)
    }
    return reply
      .code(503)
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .send(notBuilt(version))
  }
  app.get('/', async (request, reply) => page(request, reply, 'index.html', '(self)'))
  app.get('/console', async (request, reply) => page(request, reply, 'console.html', '()'))
  app.get('/listen/:token', async (request, reply) => {
    void reply.header('x-robots-tag', 'noindex')
    return page(request, reply, 'recording.html', '()')
  })
  const serve = (request: FastifyRequest, reply: FastifyReply, name: string) => {
    const file = name.endsWith('.html') ? undefined : files?.get(name)
    if (file === undefined) throw new Failure('not_found', 'There is nothing at this address')
    return send(request, reply, file)
  }
  app.get<{ Params: { '*': string } }>('/assets/*', async (request, reply) =>
    serve(request, reply, `assets/${request.params['*']}`),
  )
  app.get<{ Params: { file: string } }>('/:file', async (request, reply) =>
    serve(request, reply, request.params.file),
  )
}

/** As it was compressed by the build, in the best form that the client takes (RFC 9110 section 12.5.3). */
function send(request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply {
  const taken = codingsOf(String(request.headers['accept-encoding'] ?? ''))
  const coding = (['br', 'gzip'] as const).find((one) => taken.has(one) && file[one] !== undefined)
  const etag = `"${file.etag}${coding === undefined ? '' : `-${coding}`}"`
  const keeps = file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache'
  void reply.header('etag', etag).header('cache-control', keeps).header('vary', 'accept-encoding')
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  if (coding !== undefined) void reply.header('content-encoding', coding)
  return reply.type(file.type).send((coding && file[coding]) ?? file.plain)
}

/** Codings that the client names and does not refuse by `q=0`. */
function codingsOf(accepted: string): ReadonlySet<string> {
  const named = accepted.split(',').map((one) =>
    one
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  )
  return new Set(
    named.filter(([, weight = '']) => !/^q=0(?:\.0*)?$/.test(weight)).map(([name = '']) => name),
  )
}

const notBuilt = (version: string): string =>
  layout({
    title: 'Ringdown',
    version,
    main: html`<section class="hero">
<h1>This page has not been built.</h1>
<p><code>npm start</code> builds it. An engine that was started in another way serves it as soon as it is
there: <code>npx vite build --config softphone/app/vite.config.ts</code></p>
<p><a href="/about">About this engine</a></p>
</section>`,
  })
