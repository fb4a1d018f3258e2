import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/failures.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Dialect, HttpMethod, Route } from '../dialect.ts'
import type { ApiOptions } from '../options.ts'
import type { Services } from '../services.ts'
import { authenticate } from './auth.ts'
import { failureBehind } from './faults.ts'
import type { RateLimit } from './rate-limit.ts'
import { sendFile } from './send-file.ts'
import { checker, readQuery } from './validate.ts'

const methods: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Puts a dialect's routes on the server: key, limit, checks, `run`, and its way to say no. */
export function mount(
  app: FastifyInstance,
  dialect: Dialect,
  options: ApiOptions,
  limit: RateLimit,
): void {
  void app.register((scope, _settings, done) => {
    const accounts = new WeakMap<FastifyRequest, Account>()
    scope.setErrorHandler((error, request, reply) =>
      answerError(error, request, reply, dialect, options),
    )
    scope.addHook('onRequest', async (request, reply) => {
      const account = await authenticate(options.services.directory.store.accounts, request.headers)
      accounts.set(request, account)
      const waitSeconds = limit.take(account.id)
      if (waitSeconds > 0) {
        void reply.header('retry-after', waitSeconds)
        throw new Failure('rate_limited', 'Too many requests; see Retry-After')
      }
    })
    for (const one of dialect.routes) addRoute(scope, one, options.services, accounts)
    for (const [path, known] of byPath(dialect.routes)) addOtherMethods(scope, path, known)
    done()
  })
}

function addRoute(
  scope: FastifyInstance,
  route: Route,
  services: Services,
  accounts: WeakMap<FastifyRequest, Account>,
): void {
  const checks = {
    params: route.params && checker(route.params),
    query: route.query && checker(route.query),
    body: route.body && checker(route.body),
  }
  scope.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const query = route.query ? readQuery(route.query, request.query) : request.query
      checks.params?.(request.params)
      checks.query?.(query)
      checks.body?.(request.body)
      const answer = await route.run(
        {
          account: accounts.get(request) as Account,
          requestId: request.id,
          params: request.params,
          query,
          body: request.body,
        },
        services,
      )
      if ('file' in answer) {
        return sendFile(request, reply, answer.file, services.directory.recordingMedia)
      }
      return reply
        .code(answer.status)
        .headers(answer.headers ?? {})
        .send(answer.body)
    },
  })
}

function byPath(routes: readonly Route[]): Map<string, HttpMethod[]> {
  const paths = new Map<string, HttpMethod[]>()
  for (const { path, method } of routes) paths.set(path, [...(paths.get(path) ?? []), method])
  return paths
}

/** 405 with Allow (RFC 9110 section 15.5.6) for the methods that a path does not have. */
function addOtherMethods(scope: FastifyInstance, path: string, known: readonly HttpMethod[]): void {
  const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : [])].join(', ')
  const others = [...methods, 'OPTIONS'].filter((method) => !known.includes(method as HttpMethod))
  scope.route({
    method: others,
    url: path,
    exposeHeadRoute: false,
    // Answered before the body is read: it does not matter what is in it.
    onRequest: async (_request, reply) => {
      void reply.header('allow', allow)
      throw new Failure('method_not_allowed', `Allowed here: ${allow}`)
    },
    handler: async () => undefined,
  })
}

/** Expected refusals in the dialect's shape; anything else is a bug: logged with its stack, told as 500. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  dialect: Pick<Dialect, 'renderError'>,
  options: ApiOptions,
): FastifyReply {
  let failure = failureBehind(error)
  if (failure === undefined) {
    options.observe.log.error('request failed', {
      requestId: request.id,
      method: request.method,
      path: request.routeOptions.url,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    failure = new Failure('internal_error', 'Something went wrong on our side')
  }
  if (failure.code === 'unauthorized') void reply.header('www-authenticate', 'Bearer')
  return reply
    .code(failure.http)
    .type('application/json; charset=utf-8')
    .removeHeader('content-length')
    .send(JSON.stringify(dialect.renderError(failure, request.id)))
}
