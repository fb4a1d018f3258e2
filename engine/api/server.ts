import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import { Failure } from '../core/failures.ts'
import type { Dialect } from './dialect.ts'
import { Admissions } from './frame/admissions.ts'
import { authoritiesOf } from './frame/auth.ts'
import { answerClientError } from './frame/client-error.ts'
import { discardBody } from './frame/discard.ts'
import { IdempotencyDesk } from './frame/idempotency.ts'
import { answerError, type ErrorVoice, mount } from './frame/mount.ts'
import { RateLimit } from './frame/rate-limit.ts'
import { type Certificate, SecureListener } from './frame/secure-listener.ts'
import { addServiceRoutes } from './frame/service-routes.ts'
import type { Surroundings } from './frame/surroundings.ts'
import { sendBeforeClosing } from './frame/unsent.ts'
import { type ApiOptions, defaultLimits, type HttpsOptions, type Limits } from './options.ts'
import { addPageSettings } from './pages/page-settings.ts'
import { addPages } from './pages/routes.ts'
import { addSharedRecordings } from './recordings/shared.ts'
import { Upgrades } from './upgrades.ts'

export interface RunningApi {
  readonly port: number
  /** Undefined: there is no HTTPS. */
  readonly httpsPort: number | undefined
  /** Another certificate for HTTPS, from the next connection on. */
  renewCertificate(certificate: Certificate): void
  /** Takes no new requests, lets the running ones end, then cuts what is left. Idempotent. */
  close(): Promise<void>
}

/** Listens for HTTP, and for HTTPS if there is a certificate. Rejects with one clear line when a port can't be had. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { app, secure } = build(options)
  const { host, port, https } = options
  try {
    await listening('HTTP', { host, port }, () => app.listen({ host, port }))
    if (secure && https) await listenSecurely(secure, https, options)
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.server.address()
  let closing: Promise<void> | undefined
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    httpsPort: secure?.port || undefined,
    renewCertificate: (certificate) => secure?.renew(certificate),
    close: () => {
      closing ??= closeWithin(app, secure, limitsOf(options).closeMs)
      return closing
    },
  }
}

async function listenSecurely(
  secure: SecureListener,
  { port, isOptional }: HttpsOptions,
  { host, observe: { log } }: ApiOptions,
): Promise<void> {
  try {
    await listening('HTTPS', { host, port }, () => secure.listen(host, port))
  } catch (error) {
    if (!isOptional) throw error
    log.warn('there is no HTTPS', { why: error instanceof Error ? error.message : String(error) })
  }
}

const limitsOf = (options: ApiOptions): Limits => ({ ...defaultLimits, ...options.limits })

/** The whole API without a socket: `inject` asks it in-process. */
export const buildApi = (options: ApiOptions): FastifyInstance => build(options).app

interface Built {
  readonly app: FastifyInstance
  readonly secure: SecureListener | undefined
}

function build(options: ApiOptions): Built {
  const limits = limitsOf(options)
  const around: Surroundings = {
    limit: new RateLimit(options.clock, limits.requestsPerSecond),
    admissions: new Admissions(authoritiesOf(options.services), options.services.directory.clock),
    idempotency: new IdempotencyDesk(options.services),
  }
  const upgrades = new Upgrades(options, around, limits.connections)
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => upgrades.isFor(request)
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.idleMs,
    // How often Node looks for requests that are over their time; its default is half a minute.
    http: {
      connectionsCheckingInterval: Math.min(5_000, limits.requestMs),
      shouldUpgradeCallback,
    },
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    genReqId: () => `req_${randomUUID().replaceAll('-', '')}`,
    requestIdHeader: false,
    trustProxy: [...(options.trustedProxies ?? [])],
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply, dialectFor(options.dialects, request.url), options)
    },
  })
  app.server.maxConnections = limits.connections
  app.server.headersTimeout = Math.min(10_000, limits.requestMs)
  const secure =
    options.https &&
    new SecureListener(app, options.https.certificate, limits, shouldUpgradeCallback)
  readJsonBodies(app)
  hearOut(app)
  addCommonHeaders(app)
  logRequests(app, options)
  app.setErrorHandler((error, request, reply) =>
    answerError(error, request, reply, dialectFor(options.dialects, request.url), options),
  )
  app.setNotFoundHandler(() => {
    throw new Failure('not_found', 'There is nothing at this address')
  })
  for (const dialect of options.dialects) mount(app, dialect, options, around)
  addServiceRoutes(app, options)
  addSharedRecordings(app, options, around.limit)
  addPages(app, options)
  addPageSettings(app, options.publicUrl, () => secure?.port || undefined)
  // the server waits for its answers to end, and these would not
  app.addHook('preClose', async () => {
    options.services.deviceFeeds.close()
    options.services.eventFeeds.close()
  })
  app.addHook('onClose', async () => {
    around.admissions.close()
    await around.idempotency.idle()
  })
  sendBeforeClosing(app)
  upgrades.listen(app, secure)
  if (secure) closeTogether(app, secure)
  return { app, secure }
}

/** The second listener takes no more when the first one does, and is waited for as that one is. */
function closeTogether(app: FastifyInstance, secure: SecureListener): void {
  app.addHook('preClose', async () => void secure.close())
  app.addHook('onClose', () => secure.close())
}

/** JSON only. An empty body counts as none: whether one is needed is for the route's schema to say. */
function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body as string, done)
  })
}

/** The answer to a body that is too large goes out once the client listens. */
function hearOut(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 413) await discardBody(request.raw)
  })
}

function addCommonHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply
      .header('x-request-id', request.id)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
  })
}

function logRequests(app: FastifyInstance, { observe: { log } }: ApiOptions): void {
  app.addHook('onResponse', async (request, reply) => {
    log.debug('request', {
      requestId: request.id,
      method: request.method,
      // The route, not the address: a query may hold telephone numbers.
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime * 10) / 10,
    })
  })
}

/** By the longest base that the address begins with; the first dialect speaks for everything else. */
function dialectFor(dialects: readonly Dialect[], url: string): ErrorVoice {
  let best: { dialect: Dialect; length: number } | undefined
  for (const dialect of dialects) {
    for (const base of dialect.bases) {
      const fits = url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
      if (fits && base.length > (best?.length ?? -1)) best = { dialect, length: base.length }
    }
  }
  return best?.dialect ?? dialects[0] ?? plainErrors
}

const plainErrors: ErrorVoice = {
  credentials: { places: ['bearer'], kinds: ['key'] },
  renderError: (failure) => ({ error: { code: failure.code, message: failure.message } }),
}

interface Place {
  readonly host: string
  readonly port: number
}

async function listening(what: 'HTTP' | 'HTTPS', place: Place, listen: () => Promise<unknown>) {
  try {
    await listen()
  } catch (error) {
    throw new Error(listenFault(error, what, place), { cause: error })
  }
}

function listenFault(error: unknown, what: string, { host, port }: Place): string {
  const { code } = error as { code?: string }
  switch (code) {
    case 'EADDRINUSE':
      return `${what} port ${port} on ${host} is in use (RINGDOWN_${what}_PORT)`
    case 'EACCES':
      return `${what} port ${port} may not be opened by this user (RINGDOWN_${what}_PORT)`
    case 'EADDRNOTAVAIL':
      return `RINGDOWN_HTTP_HOST ${host} is not an address of this machine`
    default:
      return `${what} port ${port} on ${host} can't be opened: ${String(code ?? error)}`
  }
}

async function closeWithin(
  app: FastifyInstance,
  secure: SecureListener | undefined,
  closeMs: number,
): Promise<void> {
  const cut = setTimeout(() => {
    app.server.closeAllConnections()
    secure?.server.closeAllConnections()
  }, closeMs)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}
