import type { App, Context } from '../context.ts'
import { answerFromApp } from '../dialog/answer.ts'
import { cancelFromApp } from '../dialog/cancel-out.ts'
import { ackFromApp, sendInDialog } from '../dialog/send-in-dialog.ts'
import { sendNew } from '../dialog/send-new.ts'
import { parseWithRestAsBody } from '../message/parse.ts'
import { proxyFromApp } from '../proxy/command.ts'
import { sameSecret } from '../same-secret.ts'
import type { AppRegistry } from './apps.ts'
import { shortAnswer } from './frames.ts'

/** The version that client libraries compare features against. */
export const protocolVersion = 'v0.9.10-ringdown'

export interface ControlContext {
  readonly sip: Context
  readonly apps: AppRegistry
  readonly secret: string
  /** `tcp/host:port,udp/host:port` as outsiders and as we ourselves see it */
  hostports(view: 'public' | 'local'): string
}

/** The connection a command came on. */
export interface Caller extends App {
  readonly authenticated: boolean
  admit(): void
  readonly verbs: Set<string>
  /** Sends a last answer and closes. */
  refuse(payload: string): void
}

export interface Command {
  readonly id: string
  /** fields of the first line after the command word */
  readonly fields: readonly string[]
  /** what follows the first line */
  readonly text: string
}

type Handler = (control: ControlContext, caller: Caller, command: Command) => void

const maxVerbs = 200

const ok = (control: ControlContext, caller: Caller, id: string, ...rest: string[]): void => {
  caller.send(shortAnswer(control.sip, id, 'OK', ...rest))
}

const no = (control: ControlContext, caller: Caller, id: string, why: string): void => {
  caller.refuse(shortAnswer(control.sip, id, 'NO', why))
}

const authenticate: Handler = (control, caller, { id, fields }) => {
  if (!sameSecret(fields[0] ?? '', control.secret)) {
    control.sip.log({ event: 'control.refused', connection: caller.id })
    no(control, caller, id, 'incorrect secret')
    return
  }
  caller.admit()
  ok(control, caller, id, control.hostports('public'), protocolVersion, control.hostports('local'))
}

const route: Handler = (control, caller, { id, fields }) => {
  const verb = fields[0] ?? ''
  if (verb === '' || caller.verbs.size >= maxVerbs) {
    no(control, caller, id, 'Invalid message format')
    return
  }
  caller.verbs.add(verb)
  control.apps.add(verb, caller)
  ok(control, caller, id)
}

const removeRoute: Handler = (control, caller, { id, fields }) => {
  caller.verbs.delete(fields[0] ?? '')
  control.apps.remove(fields[0] ?? '', caller)
  ok(control, caller, id)
}

const ping: Handler = (control, caller, { id }) => ok(control, caller, id, 'pong')

const sip: Handler = (control, caller, { id, fields, text }) => {
  const [txnId = '', dialogId = '', nextHop = ''] = fields
  const frame = parseWithRestAsBody(text)
  const { sip: context } = control
  if (frame === undefined) {
    const start = text.slice(0, text.search(/[\r\n]|$/))
    if (start === '') no(control, caller, id, 'Invalid message format')
    else caller.send(shortAnswer(context, id, 'NOK', `invalid request-uri: ${start}`))
    return
  }
  if (!frame.isRequest) {
    if (txnId === '') no(control, caller, id, 'transaction id missing')
    else answerFromApp(context, caller, id, txnId, frame)
  } else if (frame.method === 'CANCEL') cancelFromApp(context, caller, id, txnId, frame)
  else if (frame.method === 'ACK') {
    ackFromApp(context, caller, { frameId: id, dialogId, nextHop, frame })
  } else if (dialogId !== '') {
    sendInDialog(context, caller, { frameId: id, dialogId, nextHop, frame })
  } else sendNew(context, caller, { frameId: id, nextHop, frame })
}

const proxy: Handler = (control, caller, { id, fields, text }) => {
  const [txnId = ''] = fields
  const frame = parseWithRestAsBody(text)
  if (txnId === '') no(control, caller, id, 'transaction id missing')
  else if (frame === undefined || fields.length < 8) {
    no(control, caller, id, 'Invalid message format')
  } else proxyFromApp(control.sip, caller, { frameId: id, fields, frame })
}

const handlers: Readonly<Record<string, Handler>> = {
  authenticate,
  route,
  remove_route: removeRoute,
  ping,
  sip,
  proxy,
}

/** Splits a payload: fields of its first line, and the text after it. */
const split = (payload: string): { readonly words: string[]; readonly text: string } => {
  const eol = payload.indexOf('\r')
  const line = eol < 0 ? payload : payload.slice(0, eol)
  const from = payload.charCodeAt(eol + 1) === 10 ? eol + 2 : eol + 1
  return { words: line.split('|'), text: eol < 0 ? '' : payload.slice(from) }
}

/** Carries out one frame of an application. */
export const perform = (control: ControlContext, caller: Caller, payload: string): void => {
  const { words, text } = split(payload)
  const [id = '', word, ...fields] = words
  if (word === undefined) {
    no(control, caller, id, 'Invalid message format')
    return
  }
  const handler = Object.hasOwn(handlers, word) ? handlers[word] : undefined
  if (handler === undefined) no(control, caller, id, 'Unknown message type')
  else if (!caller.authenticated && word !== 'authenticate') {
    no(control, caller, id, 'not authenticated')
  } else handler(control, caller, { id, fields, text })
}
