import type { App, Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { shortAnswer } from '../wire/frames.ts'

export interface ProxyRequest {
  readonly frameId: string
  /** fields after the command word */
  readonly fields: readonly string[]
  readonly frame: SipMessage
}

export const proxyFromApp = (context: Context, app: App, request: ProxyRequest): void => {
  const txnId = request.fields[0] ?? ''
  app.send(shortAnswer(context, request.frameId, 'NOK', `Unknown transaction id: ${txnId}`))
}
