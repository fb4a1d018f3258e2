import type { DeviceRecord } from '../../core/ports/store.ts'
import type { ApiRequest, Idempotency, Reply, Route } from '../dialect.ts'
import type { Services } from '../services.ts'
import { type IdempotencyDesk, ReplayedFailure } from './idempotency.ts'
import { keepToTestCalls } from './test-calls.ts'
import { checker, readQuery } from './validate.ts'

/** What is asked for, before it has been looked at. */
export interface Asked {
  readonly params: unknown
  readonly query: unknown
  /** Undefined: there is none. */
  readonly body: unknown
}

/** Who asks, and how. */
interface Asking extends Omit<ApiRequest<unknown, unknown, unknown>, keyof Asked | 'idempotency'> {
  readonly device?: Pick<DeviceRecord, 'id'> | undefined
  /** Of a request that may come again. Only what a POST does is done once by it: the rest is so by itself. */
  readonly idempotencyKey: string | undefined
  /** This is what was answered before. */
  replayed(): void
}

/**
 * How a route is carried out, by whatever way it is asked: its schemas first, then whoever asks (who may be named by
 * a body that has passed), then `run`. Rejects with Failures of the schemas and those of `run`.
 */
export function performer(route: Route, services: Services, idempotency: IdempotencyDesk) {
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
    const who = await asking(body)
    if (route.method !== 'GET') {
      await keepToTestCalls(services.directory.store.calls, who.account, [params, body])
    }
    const work = (known?: Idempotency) =>
      route.run({ ...who, params, query, body, ...(known && { idempotency: known }) }, services)
    if (route.method !== 'POST' || who.idempotencyKey === undefined || route.credentialIn) {
      return work()
    }
    return once(idempotency, route, { who, params, query, body }, work)
  }
}

async function once(
  idempotency: IdempotencyDesk,
  { operation: { id: operation }, makesCall }: Route,
  { who, ...asked }: Asked & { readonly who: Asking },
  work: (known: Idempotency) => Promise<Reply>,
): Promise<Reply> {
  const { account, device, idempotencyKey: key = '' } = who
  try {
    const done = await idempotency.once(
      {
        ...{ ...asked, account, key, operation, makesCall: makesCall === true },
        who: device?.id ?? who.claims?.subject ?? undefined,
      },
      work,
    )
    if (done.isReplay) who.replayed()
    return done.reply
  } catch (error) {
    if (error instanceof ReplayedFailure) who.replayed()
    throw error
  }
}
