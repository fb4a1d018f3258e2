import { randomUUID } from 'node:crypto'
import type { Log } from '../core/ports/observe.ts'
import type { RequestIn, ResponseIn, SipLink } from '../sip/link/link.ts'
import { type ControlEndpoint, openLink } from '../sip/link/srf.ts'
import { type Exchange, LabCall } from './call.ts'
import { type LabAct, type LabNumber, type LabSound, labNumber } from './plan.ts'
import { readSdp } from './sdp.ts'

export interface CarrierOptions {
  readonly control: ControlEndpoint
  readonly address: string
  readonly sounds: Readonly<Record<LabSound, Int16Array>>
  readonly log: Log
}

type CallBack = Extract<LabAct, { is: 'callBack' }>

const maxCalls = 2_000

/** The SIP side of the lab: a telephone exchange whose numbers are those of the plan. */
export class Carrier {
  readonly ready: Promise<void>
  readonly #calls = new Map<string, LabCall>()
  readonly #exchange: Exchange
  readonly #link: SipLink
  readonly #log: Log

  constructor({ control, address, sounds, log }: CarrierOptions) {
    this.#log = log
    let up = () => {}
    let refused = (_reason: string) => {}
    this.ready = new Promise((resolve, reject) => {
      up = resolve
      refused = (reason) => reject(new Error(reason))
    })
    this.#link = openLink(control, log, {
      up: () => up(),
      down: () => this.#endAll(),
      refused: (reason) => refused(reason),
      request: (request) => this.#request(request),
    })
    this.#exchange = { link: this.#link, address, sounds }
  }

  get calls(): number {
    return this.#calls.size
  }

  close(): void {
    for (const call of this.#calls.values()) call.hangUp()
    this.#link.close()
  }

  #endAll(): void {
    for (const call of this.#calls.values()) call.end()
  }

  #request(request: RequestIn): void {
    const id = request.header('call-id') ?? ''
    const call = this.#calls.get(id)
    switch (request.method) {
      case 'INVITE':
        if (call && request.dialogId !== undefined) call.reinvited(request)
        else this.#invite(request, id)
        break
      case 'BYE':
        request.respond(200)
        call?.end()
        break
      case 'OPTIONS':
      case 'INFO':
        request.respond(200)
        break
      case 'ACK':
        break
      default:
        request.respond(405)
    }
  }

  #invite(request: RequestIn, id: string): void {
    const number = labNumber(userOf(request.uri))
    if (!number || this.#calls.size >= maxCalls) {
      request.respond(number ? 503 : 404)
    } else if (number.act.is === 'refuse') {
      request.respond(number.act.sipStatus)
    } else if (number.act.is === 'callBack') {
      request.respond(486)
      this.#callBack(request, number.act).catch((error: unknown) => {
        this.#log.warn('the lab can not call back', { error: String(error) })
      })
    } else {
      this.#ring(request, id, number)
    }
  }

  #ring(request: RequestIn, id: string, number: LabNumber): void {
    const tag = /;\s*tag=([^;>\s]+)/.exec(request.header('from') ?? '')?.[1] ?? ''
    const call = this.#add(id, `${id};from-tag=${tag}`)
    call.receive(request, number).catch(() => {
      request.respond(500)
      call.end()
    })
  }

  #add(id: string, dialogId: string): LabCall {
    const call = new LabCall(this.#exchange, dialogId, () => this.#calls.delete(id))
    this.#calls.set(id, call)
    return call
  }

  /** Calls whoever called a call-back number, as that number. */
  async #callBack(request: RequestIn, act: CallBack): Promise<void> {
    const caller = userOf(/<([^>]*)>/.exec(request.header('from') ?? '')?.[1] ?? '')
    const uri = `sip:${caller}@${request.address}:${request.port}`
    const callingNumber = userOf(request.uri)
    const id = `${randomUUID()}@lab`
    const tag = randomUUID()
    const call = this.#add(id, `${id};from-tag=${tag}`)
    const offer = await call.offer()
    const from = `<sip:${callingNumber}@${this.#exchange.address}>;tag=${tag}`
    const late = act.offer === 'late'
    this.#link.request(
      {
        method: 'INVITE',
        uri,
        headers: {
          from,
          'call-id': id,
          contact: `<sip:${callingNumber}@localhost>`,
          ...(late ? {} : { 'content-type': 'application/sdp' }),
        },
        ...(late ? {} : { body: offer }),
      },
      {
        failed: () => call.end(),
        response: (response) => called(call, response, act),
      },
    )
  }
}

/** The answer to a call that the lab made. */
function called(call: LabCall, response: ResponseIn, act: CallBack): void {
  if (response.status < 200) return
  if (response.status !== 200) {
    call.end()
    return
  }
  const remote = readSdp(response.body)
  response.ack(remote && act.offer === 'late' ? call.answerFor(remote) : undefined)
  if (remote) call.run(remote, act)
  else call.hangUp()
}

/** The user part of a SIP URI. */
function userOf(uri: string): string {
  return decodeURIComponent(/^sips?:([^@;>]*)@/i.exec(uri)?.[1] ?? '')
}
