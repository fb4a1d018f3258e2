import { RequestPendingError, type Session } from 'sip.js'
import type { CallMedia } from './audio-path.ts'
import { whenOver } from './session-end.ts'

/** `gone`: the server does not know the call any more (481), or did not answer (408); or the call ended meanwhile. */
export type Answered = 'accepted' | 'refused' | 'gone'

const PENDING_MS = 500

/** Offers anew inside the dialog (RFC 3261 section 14) and waits for the final answer. */
export async function reinvite(session: Session, media: CallMedia): Promise<Answered> {
  session.sessionDescriptionHandlerOptionsReInvite = media
  try {
    return await once(session, media)
  } catch (error) {
    if (!(error instanceof RequestPendingError)) return 'refused'
    // The other side is negotiating just now.
    await new Promise((resolve) => setTimeout(resolve, PENDING_MS))
    return await once(session, media).catch(() => 'refused' as const)
  }
}

function once(session: Session, media: CallMedia): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const off = whenOver(session, () => resolve('gone'))
  session
    .invite({
      sessionDescriptionHandlerOptions: media,
      requestDelegate: {
        onAccept: () => resolve('accepted'),
        onReject: ({ message }) => {
          const { statusCode } = message
          resolve(statusCode === 481 || statusCode === 408 ? 'gone' : 'refused')
        },
      },
    })
    .catch(reject)
  return promise.finally(off)
}
