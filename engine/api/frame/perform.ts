import type { ApiRequest, Reply, Route } from '../dialect.ts'
import type { Services } from '../services.ts'
import { checker, readQuery } from './validate.ts'

/** What is asked for, before it has been looked at. */
export interface Asked {
  readonly params: unknown
  readonly query: unknown
  /** Undefined: there is none. */
  readonly body: unknown
}

type Asking = Omit<ApiRequest<unknown, unknown, unknown>, keyof Asked>

/**
 * How a route is carried out, by whatever way it is asked: its schemas first, then whoever asks (who may be named by
 * a body that has passed), then `run`. Rejects with Failures of the schemas and those of `run`.
 */
export function performer(route: Route, services: Services) {
  const checks = {
    params: route.params && checker(route.params),
    query: route.query && checker(route.query),
    body: route.body && checker(route.body),
  }
  return async (
    asked: Asked,
    asking: (body: unknown) => Asking | Promise<Asking>,
  ): Promise<Reply> => {
    const { params } = asked
    const query = route.query ? readQuery(route.query, asked.query) : asked.query
    checks.params?.(params)
    checks.query?.(query)
    const isAbsent = asked.body === undefined && route.bodyIsOptional
    const body = isAbsent ? {} : asked.body
    checks.body?.(body)
    return route.run({ ...(await asking(body)), params, query, body }, services)
  }
}
