import { answerChallenge, type Credentials, isChallenge } from '../auth/digest-answer.ts'
import type { Context } from '../context.ts'
import type { Headers, LinkFailure, ResponseIn } from '../link/link.ts'

export interface InDialogRequest {
  readonly dialogId: string
  readonly method: 'INVITE' | 'REFER' | 'NOTIFY' | 'PRACK'
  readonly headers: Headers
  readonly body?: string
  /** For a challenge; it is answered once. */
  readonly credentials: Credentials | undefined
}

export type Final =
  | { readonly is: 'response'; readonly response: ResponseIn }
  | { readonly is: 'failed'; readonly why: LinkFailure }

/** Sends a request inside a dialog; `done` is called once. A 2xx to INVITE is for the caller to acknowledge. */
export function sendInDialog(
  ctx: Context,
  request: InDialogRequest,
  done: (final: Final) => void,
): void {
  const { dialogId, method, headers, body, credentials } = request
  const send = (extra: Headers, mayRepeat: boolean): void => {
    let uri = ''
    ctx.link.request(
      {
        method,
        dialogId,
        headers: { ...headers, ...extra },
        ...(body === undefined ? {} : { body }),
      },
      {
        sent: (sent) => {
          uri = sent.uri
        },
        response: (response) => {
          if (response.status < 200) return
          const again = mayRepeat ? answerTo(response, uri) : undefined
          if (again) send(again, false)
          else done({ is: 'response', response })
        },
        failed: (why) => done({ is: 'failed', why }),
      },
    )
  }
  const answerTo = (response: ResponseIn, uri: string): Headers | undefined =>
    credentials && isChallenge(response)
      ? answerChallenge(response, { method, uri, cnonce: ctx.uuid() }, credentials)
      : undefined
  send({}, true)
}

/** The other side knows nothing of the dialog any more (RFC 5057 section 5.1). */
export const isGone = (final: Final): boolean =>
  final.is === 'failed'
    ? final.why.is === 'dialogGone'
    : final.response.status === 408 || final.response.status === 481
