import type { App, Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import { type ServerTransaction, silentUser } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { waitingUser } from './cancel-in.ts'
import { identityOf, openInbound } from './inbound.ts'

export interface NewRequest {
  readonly transaction: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
}

type Refuse = (status: number) => void

const show = (context: Context, app: App, arrived: NewRequest): void => {
  const inbound = openInbound(context, { ...arrived, app, dialog: undefined })
  arrived.transaction.user = waitingUser(context, inbound)
}

/** Shows the request to an application that is connected. */
const offerHere = (context: Context, arrived: NewRequest, refuse: Refuse): void => {
  const { method, toTag } = arrived.request
  const app = context.apps.pick(method.toLowerCase())
  if (app !== undefined) show(context, app, arrived)
  // a request in a dialog that nobody knows is not something to try again later
  else refuse(toTag !== undefined || method === 'REFER' ? 481 : 503)
}

/** Connects to the application first; meanwhile the caller may give up. */
const offerThere = (
  context: Context,
  dial: NonNullable<Context['apps']['dial']>,
  arrived: NewRequest,
  refuse: Refuse,
): void => {
  const { transaction, request } = arrived
  const identity = identityOf(request)
  let isWanted = true
  context.offered.add(identity)
  transaction.user = {
    ...silentUser,
    cancelled: (cancel, by) => {
      isWanted = false
      const toTag = context.random.token(13)
      cancel.respond(200, responseText(by, { status: 200, toTag }))
      transaction.respond(487, responseText(request, { status: 487, toTag }))
    },
  }
  dial((app) => {
    context.offered.delete(identity)
    transaction.user = silentUser
    if (!isWanted) return false
    if (app === undefined) refuse(480)
    else show(context, app, arrived)
    return true
  })
}

/** Finds an application for a request that belongs to no dialog. */
export const offer = (context: Context, arrived: NewRequest, refuse: Refuse): void => {
  const { dial } = context.apps
  if (dial === undefined) offerHere(context, arrived, refuse)
  else if (arrived.request.toTag !== undefined) refuse(481)
  else offerThere(context, dial, arrived, refuse)
}
