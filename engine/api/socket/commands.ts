import { Failure } from '../../core/failures.ts'
import type { Dialect, Route } from '../dialect.ts'
import type { Caller } from '../frame/auth.ts'
import { keepToItself } from '../frame/device-door.ts'
import type { IdempotencyDesk } from '../frame/idempotency.ts'
import { performer } from '../frame/perform.ts'
import { permit } from '../frame/permit.ts'
import type { Services } from '../services.ts'
import type { Command } from './message.ts'

export interface Done {
  readonly status: number
  /** Null where the route has no body. */
  readonly result: unknown
  /** It was answered before. */
  readonly replayed?: true
}

/** What a dialect's routes do, by the ids of their operations; the very same checks and the very same `run`. */
export class Commands {
  readonly #byName: ReadonlyMap<string, { route: Route; perform: ReturnType<typeof performer> }>

  constructor(
    { routes }: Pick<Dialect, 'routes'>,
    services: Services,
    idempotency: IdempotencyDesk,
  ) {
    const inJson = routes.filter(
      // files, endless events and log-ins are for HTTP
      ({ operation, credentialIn }) => operation.produces === undefined && !credentialIn,
    )
    this.#byName = new Map(
      inJson.map((route) => [
        route.operation.id,
        { route, perform: performer(route, services, idempotency) },
      ]),
    )
  }

  /** Failures of the route; `unknown_parameter` when there is no such one. */
  async perform(caller: Caller, requestId: string, command: Command): Promise<Done> {
    const found = this.#byName.get(command.name)
    if (found === undefined) {
      const name = command.name.slice(0, 100)
      throw new Failure(
        'unknown_parameter',
        `${name} is no command: see the OpenAPI document`,
        'do',
      )
    }
    const { route, perform } = found
    keepToItself(caller, command.params, route.ofDevice)
    permit(caller, route)
    const seen: { replayed?: true } = {}
    const done = perform(command, () => ({
      ...caller,
      requestId,
      ...{ prefersAsync: false, accept: '', lastEventId: '', isSecure: false },
      idempotencyKey: command.idempotencyKey,
      replayed: () => {
        seen.replayed = true
      },
    }))
    const reply = await inTime(done, route.answersWithinMs)
    if ('status' in reply) {
      const { status, body: result = null } = reply
      return { status, result, ...seen }
    }
    if ('text' in reply) {
      throw new Failure('invalid_request', 'Texts such as CSV are for HTTP', 'format')
    }
    throw new Error(`${route.operation.id} answers with what is no JSON`)
  }
}

async function inTime<Value>(done: Promise<Value>, limitMs: number | undefined): Promise<Value> {
  if (limitMs === undefined) return done
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Failure('timed_out', 'This took too long on our side'))
  }, limitMs)
  try {
    return await Promise.race([done, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
