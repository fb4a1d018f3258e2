import type { Session, URI } from 'sip.js'
import { DeviceError, sentenceFor } from './errors.ts'
import { whenOver } from './session-end.ts'

/**
 * Asks the server to connect the other side of `session` to somebody else (RFC 3515): to an address, or to the other
 * side of another session (RFC 5589). Resolves when it is willing; `onProgress` tells how the new leg does.
 */
export function refer(
  session: Session,
  target: URI | Session,
  onProgress: (sipStatus: number) => void,
): Promise<void> {
  const asked = Promise.withResolvers<void>()
  const { resolve, reject } = asked
  const off = whenOver(session, () => {
    reject(new DeviceError('call-failed', 'The call ended before it was transferred.'))
  })
  session
    .refer(target, {
      requestDelegate: {
        onAccept: () => resolve(),
        onReject: ({ message }) => {
          const why = sentenceFor(message.statusCode ?? 500)
          reject(new DeviceError('call-failed', `The transfer was refused. ${why}`))
        },
      },
      onNotify: (notification) => {
        void notification.accept()
        const sipStatus = /^SIP\/2\.0 (\d{3})/.exec(notification.request.body)?.[1]
        if (sipStatus) onProgress(Number(sipStatus))
      },
    })
    .catch((cause: unknown) => {
      reject(new DeviceError('call-failed', 'The transfer could not be asked for.', { cause }))
    })
  return asked.promise.finally(off)
}
