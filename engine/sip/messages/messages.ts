import type { IncomingMessage, MessageOutcome, MessageRequest } from '../../core/ports/sip.ts'
import { encodeUser, parseNameAddress, quoteName } from '../address.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { Rate } from '../auth/rate.ts'
import { mediaType } from '../body.ts'
import type { Route } from '../call/branch.ts'
import { type Context, userAgent } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { callerOf, partyOf } from '../party.ts'

/** Longer texts are refused (513). */
export const maxMessageBytes = 4096
/** RFC 3428 section 8: more than this does not go over UDP. */
const maxDatagramBytes = 1300
/** A device that sends more than 20 at once, and then more than one a second, has to wait. */
const burst = 20
const eachMs = 1000
/** Before the sender's own transaction ends (32 s). */
const answerWithinMs = 20_000

export interface MessageDoor {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly rate: Rate
}

export const messageDoor = (ctx: Context, authenticator: Authenticator): MessageDoor => ({
  ...{ ctx, authenticator },
  rate: new Rate(ctx.clock, burst, eachMs),
})

/** A MESSAGE (RFC 3428) from one of our devices; the sender is told what became of it. */
export async function receiveMessage(door: MessageDoor, request: RequestIn): Promise<void> {
  // Like a call with a body that nobody understands: whoever sends it.
  if (mediaType(request.header('content-type') ?? 'text/plain') !== 'text/plain') {
    request.respond(415, { headers: { Accept: 'text/plain' } })
    return
  }
  const device = await door.authenticator.admit(request)
  if (device === undefined) return
  const bytes = Buffer.byteLength(request.body)
  if (bytes > maxMessageBytes) {
    request.respond(513)
    return
  }
  const from = parseNameAddress(request.header('from') ?? '')
  if (callerOf(from?.uri ?? '') !== device.username) {
    request.respond(403, { reason: 'From Is Not The Device' })
    return
  }
  const party = partyOf(request.uri)
  if ('refuse' in party) {
    request.respond(party.refuse)
    return
  }
  if (!door.rate.take(device.id)) {
    // Not 503: that would stop the phone's calls too.
    request.respond(480, { reason: 'Too Many Messages', headers: { 'Retry-After': '5' } })
    return
  }
  const message: IncomingMessage = {
    accountId: device.accountId,
    from: device.username,
    fromName: from?.name ?? null,
    to: party.name,
    contentType: request.header('content-type') ?? 'text/plain',
    text: request.body,
    bytes,
  }
  request.respond(await door.ctx.events.message(message))
}

/** Sends a MESSAGE to every place; delivered as soon as one of them has taken it. */
export function sendMessage(
  ctx: Context,
  request: MessageRequest,
  routes: readonly Route[],
): Promise<MessageOutcome> {
  return new Promise((resolve) => {
    let open = routes.length
    let failure = 480
    const disarm = ctx.clock.after(answerWithinMs, () => resolve({ sipStatus: 408 }))
    const over = (sipStatus: number): void => {
      open--
      if (sipStatus >= 300) failure = sipStatus
      if (sipStatus >= 300 && open > 0) return
      disarm()
      resolve({ sipStatus: sipStatus < 300 ? 200 : failure })
    }
    if (open === 0) over(480)
    for (const route of routes) sendTo(ctx, request, route, over)
  })
}

function sendTo(
  ctx: Context,
  { from, fromName, to, text }: MessageRequest,
  route: Route,
  over: (sipStatus: number) => void,
): void {
  if (Buffer.byteLength(text) > maxDatagramBytes && isDatagram(route)) {
    over(513)
    return
  }
  const address = (user: string): string => `<sip:${encodeUser(user)}@${ctx.publicAddress}>`
  ctx.link.request(
    {
      method: 'MESSAGE',
      uri: route.uri,
      ...(route.nextHop === undefined ? {} : { nextHop: route.nextHop }),
      headers: {
        ...(route.routeSet === undefined ? {} : { Route: route.routeSet }),
        From: `${quoteName(fromName ?? undefined)}${address(from)};tag=${ctx.uuid().slice(0, 13)}`,
        To: address(to),
        'Content-Type': 'text/plain;charset=UTF-8',
        'User-Agent': userAgent,
      },
      body: text,
    },
    {
      response: ({ status }) => {
        if (status >= 200) over(status === 410 || status === 430 ? 480 : status)
      },
      failed: () => over(503),
    },
  )
}

/** Without a word of its transport an address means UDP; browsers have no next hop, and are never on UDP. */
const isDatagram = ({ nextHop, uri }: Route): boolean =>
  !/;transport=(?:tcp|tls|wss?)\b|\.invalid\b/i.test(nextHop ?? uri)
