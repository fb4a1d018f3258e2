import type { App, Context } from '../context.ts'
import { otherFields } from '../dialog/compose.ts'
import { answerInbound, closeInbound } from '../dialog/inbound.ts'
import type { SipMessage } from '../message/message.ts'
import { decimal } from '../message/text.ts'
import { proxyProgress, receivedMeta, shortAnswer } from '../wire/frames.ts'
import { ProxyCall, type ProxyPlan } from './call.ts'

export interface ProxyRequest {
  readonly frameId: string
  /** fields after the command word */
  readonly fields: readonly string[]
  readonly frame: SipMessage
}

/** `500ms`, `2s`, or a bare number of milliseconds; undefined for anything else. */
export const readDuration = (text: string): number | undefined => {
  const match = /^(\d{1,7})(ms|s)?$/.exec(text.trim())
  if (match === null) return undefined
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

const planOf = ({ fields, frame }: ProxyRequest): ProxyPlan => {
  const [, remain, , follow, order, provisional = '', , ...destinations] = fields
  return {
    destinations: destinations.filter((each) => each !== ''),
    stayInPath: remain === 'remainInDialog',
    followRedirects: follow === 'followRedirects',
    simultaneous: order === 'simultaneous',
    provisionalMs: readDuration(provisional),
    extra: otherFields(frame),
  }
}

const noHops = 'Rejected with 483 Too Many Hops due to Max-Forwards value of 0'

/** Proxy frame: forwards a request that the application has not answered. */
export const proxyFromApp = (context: Context, app: App, request: ProxyRequest): void => {
  const { frameId, fields } = request
  const txnId = fields[0] ?? ''
  const inbound = context.inbound.get(txnId)
  const answer = (verdict: 'OK' | 'NOK', text: string): void => {
    app.send(shortAnswer(context, frameId, verdict, text))
  }
  if (inbound === undefined || inbound.responded || !inbound.transaction.open) {
    answer('NOK', `Unknown transaction id: ${txnId}`)
    return
  }
  if (decimal(inbound.request.header('max-forwards') ?? '70') === 0) {
    answerInbound(context, inbound, 483)
    answer('NOK', noHops)
    return
  }
  closeInbound(context, inbound)
  const plan = planOf(request)
  if (plan.stayInPath) context.passing.note(inbound.request.callId)
  const everything = fields[2] === 'fullResponse'
  const call = new ProxyCall(context, inbound, plan, {
    final: (message, peer) => {
      if (!everything) return
      const meta = receivedMeta(message, peer)
      app.send(proxyProgress(context, frameId, { meta, text: message.text }))
    },
    done: () => {
      if (everything) answer('OK', 'done')
    },
  })
  if (!call.start()) answer('NOK', 'error proxying request to ')
  else if (!everything) answer('OK', 'done')
}
