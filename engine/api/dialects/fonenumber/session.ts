import { Failure } from '../../../core/failures.ts'
import type { Route } from '../../dialect.ts'

/** What a token of `POST /v2/auth` says that it is. */
export const sessionKind = 'fonenumber'

/** Takes API keys and the tokens of this API; a token that was made for another one is Failure `forbidden`. */
export const forSessions = (one: Route): Route => ({
  ...one,
  async run(request, services) {
    const { claims } = request
    if (claims === undefined || claims.kind === sessionKind) return one.run(request, services)
    throw new Failure('forbidden', 'This token is not for this API: get one at POST /v2/auth')
  },
})
