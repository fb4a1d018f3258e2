import { Failure } from '../../../core/failures.ts'
import type { Route } from '../../dialect.ts'

/** What a token of `POST /v2/auth` says that it is. */
export const sessionKind = 'fonenumber'

/** Takes API keys and the tokens that a key was shown for; any other token is Failure `forbidden`. */
export const forSessions = (one: Route): Route => ({
  ...one,
  async run(request, services) {
    const { claims } = request
    const isSession = claims?.isOurs === true && claims.kind === sessionKind
    if (claims === undefined || isSession) return one.run(request, services)
    throw new Failure('forbidden', 'This token is not for this API: get one at POST /v2/auth')
  },
})
