import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/failures.ts'
import type { BodyReader, BytesReader, Dialect, HttpMethod, Route } from '../dialect.ts'
import type { ApiOptions } from '../options.ts'
import type { Services } from '../services.ts'
import { authoritiesOf, type Caller, callerOf, challengeOf } from './auth.ts'
import { nameTypes, readBodies } from './bodies.ts'
import { callerAt } from './device-door.ts'
import { failureFor } from './faults.ts'
import { performer } from './perform.ts'
import { type Guarded, isPermitted, permit } from './permit.ts'
import { RateLimit, retryAfterOf, shareOf } from './rate-limit.ts'
import { sendEvents } from './send-events.ts'
import { sendFile } from './send-file.ts'
import { sendRecording } from './send-recording.ts'
import { sendText } from './send-text.ts'
import type { Surroundings } from './surroundings.ts'
import { requireUpgrade } from './upgrade-required.ts'

const methods: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Puts a dialect's routes on the server: key, limit, checks, `run`, and its way to say no. */
export function mount(
  app: FastifyInstance,
  dialect: Dialect,
  options: ApiOptions,
  around: Surroundings,
): void {
  void app.register((scope, _settings, done) => {
    const door = doorOf(dialect, options, around.limit)
    scope.setErrorHandler((error, request, reply) =>
      answerError(error, request, reply, dialect, options),
    )
    readBodies(scope, dialect.bodies ?? [])
    for (const one of dialect.routes) {
      if (one.alsoReads === undefined) addRoute(scope, one, options.services, door, around)
      else alone(scope, one.alsoReads, (own) => addRoute(own, one, options.services, door, around))
    }
    if (dialect.socket) requireUpgrade(scope, dialect.socket.path)
    for (const [path, known] of byPath(dialect.routes)) addOtherMethods(scope, path, known, door)
    done()
  })
}

/** A part of the server that reads bodies in ways of its own. */
function alone(
  scope: FastifyInstance,
  readers: readonly (BodyReader | BytesReader)[],
  add: (own: FastifyInstance) => void,
): void {
  void scope.register((own, _settings, done) => {
    readBodies(own, readers)
    nameTypes(own, readers)
    add(own)
    done()
  })
}

/** Who stands at the door of a dialect, and looks at everybody before anything else is. */
interface Door {
  /** By the headers, before the body is read. */
  enter(request: FastifyRequest, route?: Guarded & Pick<Route, 'ofDevice'>): Promise<void>
  /** By a credential that stood in the body. */
  logIn(request: FastifyRequest, route: Guarded, credential: string): Promise<void>
  refusePlainHttp(request: FastifyRequest): void
  callerOf(request: FastifyRequest): Caller
}

function doorOf(dialect: Dialect, options: ApiOptions, limit: RateLimit): Door {
  const callers = new WeakMap<FastifyRequest, Caller>()
  const authorities = authoritiesOf(options.services)
  const own = dialect.requestsPerSecond
    ? new RateLimit(options.clock, dialect.requestsPerSecond)
    : undefined
  const admit = (request: FastifyRequest, caller: Caller) => {
    callers.set(request, caller)
    const { who, perSecond } = shareOf(caller)
    const retryAfterS = limit.take(who, perSecond) || (own?.take(who) ?? 0)
    if (retryAfterS === 0) return
    const text = 'Too many requests; see Retry-After'
    throw new Failure('rate_limited', text, undefined, { retryAfterS })
  }
  const refusePlainHttp = (request: FastifyRequest) => {
    // As a proxy wrote it; names of schemes are the same in either case (RFC 3986 section 3.1).
    if (request.protocol.toLowerCase() === 'https' || options.plainHttp === 'allow') return
    if (options.plainHttp !== 'refuse' && !dialect.needsHttps) return
    throw new Failure('https_required', 'This API is served over HTTPS only')
  }
  return {
    refusePlainHttp,
    async enter(request, route) {
      refusePlainHttp(request)
      const { headers, method, params, ip: address } = request
      const knock = { headers, method, params, address }
      const caller = await callerAt(authorities, knock, dialect.credentials, route?.ofDevice)
      admit(request, caller)
      if (route) permit(caller, route)
    },
    async logIn(request, route, credential) {
      const caller = await callerOf(authorities, credential, ['key'])
      admit(request, caller)
      permit(caller, route)
    },
    callerOf(request) {
      const caller = callers.get(request)
      if (!caller) throw new Error('a request came in without passing the door')
      return caller
    },
  }
}

function addRoute(
  scope: FastifyInstance,
  route: Route,
  services: Services,
  door: Door,
  { idempotency, admissions }: Surroundings,
): void {
  const perform = performer(route, services, idempotency)
  scope.route({
    ...(route.bodyBytes !== undefined && { bodyLimit: route.bodyBytes }),
    method: route.method,
    url: route.path,
    ...(route.answersWithinMs !== undefined && { handlerTimeout: route.answersWithinMs }),
    onRequest: (request) => entered(route, door, request),
    handler: async (request, reply) => {
      const answer = await perform(request, async (body) => {
        if (route.credentialIn) await door.logIn(request, route, route.credentialIn(body))
        return {
          ...door.callerOf(request),
          requestId: request.id,
          isSecure: request.protocol.toLowerCase() === 'https',
          idempotencyKey: idempotencyKeyOf(request),
          replayed: () => void reply.header('idempotency-replayed', 'true'),
          prefersAsync: asksNotToWait(request),
          accept: request.headers.accept ?? '',
          lastEventId: String(request.headers['last-event-id'] ?? ''),
        }
      })
      if ('file' in answer) {
        return sendFile(request, reply, answer.file, services.directory.recordingMedia)
      }
      if ('audio' in answer) {
        return sendRecording(request, reply, answer.audio, services.directory.recordingMedia)
      }
      if ('text' in answer) return sendText(request, reply, answer.text)
      if ('follow' in answer) {
        return sendEvents(request, reply, answer, (end) =>
          admissions.hold(door.callerOf(request), {
            renewed: (now) => isPermitted(now, route) || end(),
            ended: end,
          }),
        )
      }
      return reply
        .code(answer.status)
        .headers(answer.headers ?? {})
        .send(answer.body)
    },
  })
}

async function entered(route: Route, door: Door, request: FastifyRequest): Promise<void> {
  if (route.credentialIn) door.refusePlainHttp(request)
  else await door.enter(request, route)
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  return key === undefined ? undefined : String(key)
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
      await door.enter(request)
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
  const retryAfterS = retryAfterOf(failure)
  if (retryAfterS !== undefined) void reply.header('retry-after', retryAfterS)
  return reply
    .code(dialect.statusOf?.(failure) ?? failure.http)
    .type('application/json; charset=utf-8')
    .removeHeader('content-length')
    .send(JSON.stringify(dialect.renderError(failure, request.id)))
}
