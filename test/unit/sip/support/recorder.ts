import { createHash } from 'node:crypto'
import { ha1Md5, ha1Sha256 } from '../../../../engine/core/digest.ts'
import type { AccountId, CallId, DeviceId } from '../../../../engine/core/ids.ts'
import { noMessages } from '../../../../engine/core/ports/mailbox.ts'
import type { Log } from '../../../../engine/core/ports/observe.ts'
import type {
  Attempt,
  IncomingInvite,
  SipEvents,
  TrunkRecord,
} from '../../../../engine/core/ports/sip.ts'
import type { DeviceRecord, RegistrationRecord } from '../../../../engine/core/ports/store.ts'
import { Application } from '../../../../engine/sip/application.ts'
import type { SipOptions } from '../../../../engine/sip/index.ts'
import type {
  LinkEvents,
  LinkFailure,
  MessageIn,
  RequestHandlers,
  RequestIn,
  RequestOut,
  ResponseOut,
  SipLink,
} from '../../../../engine/sip/link/link.ts'
import { VirtualClock } from '../../../support/virtual-clock.ts'

/** A request of ours, as the recorder caught it. */
export class Sent {
  readonly out: RequestOut
  readonly #handlers: RequestHandlers
  canceled = false
  cancelReason: string | undefined
  forgotten = false
  acks = 0
  constructor(out: RequestOut, handlers: RequestHandlers) {
    this.out = out
    this.#handlers = handlers
  }
  /** The server has taken it. */
  taken(uri = this.out.uri ?? 'sip:remote@peer'): this {
    this.#handlers.sent?.({
      uri,
      cancel: (reason) => {
        this.canceled = true
        this.cancelReason = reason
      },
      forget: () => {
        this.forgotten = true
      },
    })
    return this
  }
  /** `address`: who answers; by default whoever answers all that we send. */
  respond(
    status: number,
    headers: Record<string, string> = {},
    body = '',
    address = '192.0.2.9',
    reason = 'Test',
  ): void {
    this.#handlers.response({
      status,
      address,
      reason,
      header: (name) => headers[name.toLowerCase()],
      body,
      ack: () => {
        this.acks++
      },
    })
  }
  fail(is: LinkFailure['is'], reason = 'test'): void {
    this.#handlers.failed({ is, reason })
  }
}

/** A request from the network with the responses that it got. */
export class Received implements RequestIn {
  readonly method: string
  readonly uri: string
  readonly dialogId: string | undefined
  readonly source: 'network' | 'application'
  readonly protocol: string
  readonly address: string
  readonly port: number
  readonly body: string
  readonly responses: (ResponseOut & { status: number })[] = []
  readonly #headers: Record<string, string>
  #onCancel = (): void => {}
  /** What the server says about our next final response. */
  refuse: string | undefined

  constructor(method: string, options: Partial<Received> & { headers?: Record<string, string> }) {
    this.method = method
    this.uri = options.uri ?? 'sip:ringdown'
    this.dialogId = options.dialogId
    this.source = options.source ?? 'network'
    this.protocol = options.protocol ?? 'udp'
    this.address = options.address ?? '192.0.2.1'
    this.port = options.port ?? 5060
    this.body = options.body ?? ''
    this.#headers = options.headers ?? {}
  }
  header(name: string): string | undefined {
    return this.#headers[name.toLowerCase()]
  }
  allHeaders(): Iterable<readonly [string, string]> {
    return Object.entries(this.#headers)
  }
  respond(status: number, options: ResponseOut = {}, done?: (error?: string) => void): void {
    this.responses.push({ status, ...options })
    done?.(this.refuse)
  }
  onCancel(run: (cancel: MessageIn) => void): void {
    this.#onCancel = () => run(this)
  }
  cancel(): void {
    this.#onCancel()
  }
  get status(): number | undefined {
    return this.responses.at(-1)?.status
  }
}

export const quietLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quietLog,
}

export const realm = 'ringdown'

export const device = (username: string, password: string): DeviceRecord => ({
  id: `id-of-${username}` as DeviceId,
  accountId: 'account' as AccountId,
  username,
  name: username,
  ha1Md5: ha1Md5(username, realm, password),
  ha1Sha256: ha1Sha256(username, realm, password),
  createdAtMs: 0,
})

/** The SIP side on a virtual clock, with a recorder where the control connection would be. */
export class Bench {
  readonly clock = new VirtualClock()
  readonly sent: Sent[] = []
  readonly heard: string[] = []
  /** What the registrar tells, which is of no call. */
  readonly registrar: string[] = []
  /** Of every `rejected`. */
  readonly attempts: (Attempt | undefined)[] = []
  readonly devices = new Map<string, DeviceRecord>()
  readonly trunks: TrunkRecord[] = []
  readonly stored = new Map<string, RegistrationRecord>()
  readonly sip: Application
  renegotiate: SipEvents['renegotiate'] = () => Promise.reject(new Error('no'))
  transferWished: SipEvents['transferWished'] = () => Promise.reject(new Error('no'))
  resolve: (host: string) => Promise<readonly string[]> = () => Promise.reject(new Error('no'))
  onIncoming = (_invite?: IncomingInvite): void => {}
  onMessage: SipEvents['message'] = async ({ from, to, text }) => {
    this.heard.push(`message ${from} ${to} ${text}`)
    return 200
  }
  /** What every mailbox holds. */
  messages = noMessages
  lookups = 0
  calls: CallId[] = []
  #link!: LinkEvents
  #up = true
  #ids = 0

  constructor(
    stored: Iterable<RegistrationRecord> = [],
    seesTrying = true,
    more: Partial<SipOptions> = {},
  ) {
    for (const one of stored) this.stored.set(`${one.deviceId} ${one.contact}`, one)
    this.sip = new Application(
      {
        realm,
        publicAddress: 'pbx.example',
        devices: { byUsername: async (name) => this.devices.get(name) },
        registrations: {
          save: async (one) => {
            this.stored.set(`${one.deviceId} ${one.contact}`, one)
          },
          remove: async (id, contact) => {
            this.stored.delete(`${id} ${contact}`)
          },
          all: async () => [...this.stored.values()],
        },
        mailboxes: { counts: async () => this.messages },
        trunks: async () => this.trunks,
        clock: this.clock,
        ids: { uuid: () => `id-${++this.#ids}-0000-0000` },
        log: quietLog,
        resolve: (host) => {
          this.lookups++
          return this.resolve(host)
        },
        key: new Uint8Array(32),
        seesTrying,
        ...more,
      },
      this.#events(),
    )
    this.sip.attach((events) => {
      this.#link = events
      return this.#recorder()
    })
  }

  receive(request: Received): Received {
    this.#link.request(request)
    return request
  }

  down(): void {
    this.#up = false
    this.#link.down()
  }

  up(): void {
    this.#up = true
    this.#link.up('')
  }

  #recorder(): SipLink {
    return {
      up: () => this.#up,
      close: () => {},
      request: (out, handlers) => {
        this.sent.push(new Sent(out, handlers))
      },
    }
  }

  #events(): SipEvents {
    const note =
      (name: string) =>
      (_callId: CallId, ...rest: unknown[]): void => {
        this.heard.push([name, ...rest.filter((one) => one !== undefined)].join(' '))
      }
    return {
      incoming: (invite) => {
        this.onIncoming(invite)
        this.calls.push(invite.callId)
        this.heard.push(`incoming ${invite.from} ${invite.to} ${invite.source.kind}`)
      },
      progress: note('progress'),
      answered: note('answered'),
      rejected: (id, status, reason, attempt) => {
        this.attempts.push(attempt)
        note('rejected')(id, status, reason)
      },
      lateAnswer: note('lateAnswer'),
      remoteHangup: note('remoteHangup'),
      remoteCancel: note('remoteCancel'),
      infoDigit: note('infoDigit'),
      deviceRegistered: ({ username, source }, previous) => {
        this.registrar.push(`registered ${username} ${source} ${previous}`)
      },
      deviceUnregistered: ({ username, source }, why) => {
        this.registrar.push(`unregistered ${username} ${source} ${why}`)
      },
      addressLocked: ({ address, username, scope, untilMs }) => {
        const leftS = (untilMs - this.clock.nowMs()) / 1000
        this.registrar.push(`locked ${scope} ${address} ${username} ${leftS}`)
      },
      message: (message) => this.onMessage(message),
      transferWished: (callId, wish) => this.transferWished(callId, wish),
      referProgress: note('referProgress'),
      renegotiate: (...of) => this.renegotiate(...of),
      trunkChanged: (trunk, change) => {
        this.heard.push(`trunk ${trunk.name} ${change.is}`)
      },
    }
  }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

export interface Answer {
  readonly username?: string
  readonly password?: string
  readonly method?: string
  readonly uri?: string
  readonly nc?: string
  readonly nonce?: string
  /** RFC 2069: no qop. */
  readonly plain?: boolean
}

export const nonceOf = (challenged: Received): string =>
  /nonce="([^"]+)"/.exec(challenged.responses.at(-1)?.headers?.['WWW-Authenticate'] ?? '')?.[1] ??
  ''

/** An Authorization header in MD5. */
export function authorization(nonce: string, answer: Answer = {}): string {
  const { username = 'alice', password = 'right', method = 'REGISTER' } = answer
  const { uri = 'sip:ringdown', nc = '00000001', plain = false } = answer
  const ha1 = md5(`${username}:${realm}:${password}`)
  const ha2 = md5(`${method}:${uri}`)
  const middle = plain ? nonce : `${nonce}:${nc}:c:auth`
  const tail = plain ? '' : `, qop=auth, nc=${nc}, cnonce="c"`
  const response = md5(`${ha1}:${middle}:${ha2}`)
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"${tail}`
}
