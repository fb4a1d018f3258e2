import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/failures.ts'
import type { Dialect, HttpMethod, OfDevice, Route } from '../dialect.ts'
import type { ApiOptions } from '../options.ts'
import type { Services } from '../services.ts'
import { type Caller, callerOf, challengeOf } from './auth.ts'
import { readBodies } from './bodies.ts'
import { callerAt } from './device-door.ts'
import { failureFor } from './faults.ts'
import { performer } from './perform.ts'
import { RateLimit } from './rate-limit.ts'
import { sendEvents } from './send-events.ts'
import { sendFile } from './send-file.ts'

const methods: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Puts a dialect's routes on the server: key, limit, checks, `run`, and its way to say no. */
export function mount(
  app: FastifyInstance,
  dialect: Dialect,
  options: ApiOptions,
  limit: RateLimit,
): void {
  void app.register((scope, _settings, done) => {
    const door = doorOf(dialect, options, limit)
    scope.setErrorHandler((error, request, reply) =>
      answerError(error, request, reply, dialect, options),
    )
    readBodies(scope, dialect.bodies ?? [])
    for (const one of dialect.routes) addRoute(scope, one, options.services, door)
    for (const [path, known] of byPath(dialect.routes)) addOtherMethods(scope, path, known, door)
    done()
  })
}

/** Who stands at the door of a dialect, and looks at everybody before anything else is. */
interface Door {
  /** By the headers, before the body is read. */
  enter(request: FastifyRequest, reply: FastifyReply, ofDevice?: OfDevice): Promise<void>
  /** By a credential that stood in the body. */
  logIn(request: FastifyRequest, reply: FastifyReply, credential: string): Promise<void>
  refusePlainHttp(request: FastifyRequest): void
  callerOf(request: FastifyRequest): Caller
}

function doorOf(dialect: Dialect, options: ApiOptions, limit: RateLimit): Door {
  const callers = new WeakMap<FastifyRequest, Caller>()
  const { tokens, deviceLogins, directory } = options.services
  const authorities = { accounts: directory.store.accounts, tokens, deviceLogins }
  const own = dialect.requestsPerSecond
    ? new RateLimit(options.clock, dialect.requestsPerSecond)
    : undefined
  const admit = (request: FastifyRequest, reply: FastifyReply, caller: Caller) => {
    callers.set(request, caller)
    // a device that asks too often is no reason to refuse its account
    const who = caller.device?.id ?? caller.account.id
    const waitSeconds = limit.take(who) || (own?.take(who) ?? 0)
    if (waitSeconds === 0) return
    void reply.header('retry-after', waitSeconds)
    throw new Failure('rate_limited', 'Too many requests; see Retry-After')
  }
  const refusePlainHttp = (request: FastifyRequest) => {
    // As a proxy wrote it; names of schemes are the same in either case (RFC 3986 section 3.1).
    if (request.protocol.toLowerCase() === 'https' || options.plainHttp === 'allow') return
    if (options.plainHttp !== 'refuse' && !dialect.needsHttps) return
    throw new Failure('https_required', 'This API is served over HTTPS only')
  }
  return {
    refusePlainHttp,
    async enter(request, reply, ofDevice) {
      refusePlainHttp(request)
      const knock = { headers: request.headers, params: request.params, address: request.ip }
      admit(request, reply, await callerAt(authorities, knock, dialect.credentials, ofDevice))
    },
    async logIn(request, reply, credential) {
      admit(request, reply, await callerOf(authorities, credential, ['key']))
    },
    callerOf(request) {
      const caller = callers.get(request)
      if (!caller) throw new Error('a request came in without passing the door')
      return caller
    },
  }
}

function addRoute(scope: FastifyInstance, route: Route, services: Services, door: Door): void {
  const perform = performer(route, services)
  scope.route({
    method: route.method,
    url: route.path,
    ...(route.answersWithinMs !== undefined && { handlerTimeout: route.answersWithinMs }),
    onRequest: (request, reply) => entered(route, door, request, reply),
    handler: async (request, reply) => {
      const answer = await perform(request, async (body) => {
        if (route.credentialIn) await door.logIn(request, reply, route.credentialIn(body))
        return {
          ...door.callerOf(request),
          requestId: request.id,
          prefersAsync: asksNotToWait(request),
          accept: request.headers.accept ?? '',
          lastEventId: String(request.headers['last-event-id'] ?? ''),
        }
      })
      if ('file' in answer) {
        return sendFile(request, reply, answer.file, services.directory.recordingMedia)
      }
      if ('follow' in answer) return sendEvents(request, reply, answer)
      return reply
        .code(answer.status)
        .headers(answer.headers ?? {})
        .send(answer.body)
    },
  })
}

async function entered(
  { credentialIn, ofDevice }: Route,
  door: Door,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (credentialIn) door.refusePlainHttp(request)
  else await door.enter(request, reply, ofDevice)
}

/** RFC 7240: preferences are separated by commas, parameters by semicolons. */
function asksNotToWait({ headers: { prefer } }: FastifyRequest): boolean {
  const preferences = [prefer ?? []].flat().join(',').split(',')
  return preferences.some((one) => one.split(';', 1)[0]?.trim().toLowerCase() === 'respond-async')
}

function byPath(routes: readonly Route[]): Map<string, HttpMethod[]> {
  const paths = new Map<string, HttpMethod[]>()
  for (const { path, method } of routes) paths.set(path, [...(paths.get(path) ?? []), method])
  return paths
}

/** 405 with Allow (RFC 9110 section 15.5.6) for the methods that a path does not have. */
function addOtherMethods(
  scope: FastifyInstance,
  path: string,
  known: readonly HttpMethod[],
  door: Door,
): void {
  const allowed: readonly string[] = known.includes('GET') ? [...known, 'HEAD'] : known
  const allow = allowed.join(', ')
  const others = [...methods, 'HEAD', 'OPTIONS'].filter((method) => !allowed.includes(method))
  scope.route({
    method: others,
    url: path,
    exposeHeadRoute: false,
    // Answered before the body is read: it does not matter what is in it.
    onRequest: async (request, reply) => {
      await door.enter(request, reply)
      void reply.header('allow', allow)
      throw new Failure('method_not_allowed', `Allowed here: ${allow}`)
    },
    handler: async () => undefined,
  })
}

/** What is needed of a dialect to refuse something in its way. */
export type ErrorVoice = Pick<Dialect, 'renderError' | 'statusOf' | 'credentials'>

/** Expected refusals in the dialect's shape; anything else is a bug: logged with its stack, told as 500. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  dialect: ErrorVoice,
  options: ApiOptions,
): FastifyReply {
  const failure = failureFor(error, options.observe.log, {
    requestId: request.id,
    method: request.method,
    path: request.routeOptions.url,
  })
  if (failure.code === 'unauthorized') {
    void reply.header('www-authenticate', challengeOf(dialect.credentials))
  }
  return reply
    .code(dialect.statusOf?.(failure) ?? failure.http)
    .type('application/json; charset=utf-8')
    .removeHeader('content-length')
    .send(JSON.stringify(dialect.renderError(failure, request.id)))
}
