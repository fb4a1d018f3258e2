import { randomUUID } from 'node:crypto'
import { ha1Md5, ha1Sha256 } from '../../../../engine/core/digest.ts'
import type { AccountId, CallId, DeviceId, TrunkId } from '../../../../engine/core/ids.ts'
import type { Log } from '../../../../engine/core/ports/observe.ts'
import type { AddressLock } from '../../../../engine/core/ports/registrations.ts'
import type {
  IncomingInvite,
  InviteRequest,
  SipEvents,
  SipTarget,
  TrunkRecord,
} from '../../../../engine/core/ports/sip.ts'
import type { DeviceRecord, RegistrationRecord } from '../../../../engine/core/ports/store.ts'
import { type RunningSip, type SipOptions, startSip } from '../../../../engine/sip/index.ts'
import type { Clock } from '../../../../engine/sip-server/clock.ts'
import { type SipServerStats, startSipServer } from '../../../../engine/sip-server/index.ts'
import { freePort } from '../../../support/free-port.ts'
import { sdp } from './peer.ts'

export const realm = 'ringdown'
const secret = 'loop'

export const device = (username: string, password: string): DeviceRecord => ({
  id: randomUUID() as DeviceId,
  accountId: randomUUID() as AccountId,
  username,
  name: username,
  ha1Md5: ha1Md5(username, realm, password),
  ha1Sha256: ha1Sha256(username, realm, password),
  createdAtMs: 0,
})

export const trunk = (port: number, more: Partial<TrunkRecord> = {}): TrunkRecord => ({
  id: randomUUID() as TrunkId,
  name: 'carrier',
  host: '127.0.0.1',
  port,
  transport: 'udp',
  username: null,
  password: null,
  defaultCallerId: '+15005550000',
  prefixes: [],
  priority: 0,
  weight: 10,
  maxCalls: null,
  maxCallsPerSecond: null,
  enabled: true,
  ...more,
})

export const systemClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Notes warnings and errors; nothing else. */
export function noteLog(notes: string[]): Log {
  const note = (message: string, fields?: object): void => {
    notes.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: note,
    error: (message, fields) => note(`ERROR ${message}`, fields),
    child: () => log,
  }
  return log
}

/** Every event as a line `name callId ...`, and a wait for the next that begins so. */
export class Heard implements SipEvents {
  readonly lines: string[] = []
  readonly invites: IncomingInvite[] = []
  /** What the registrar tells, which is of no call. */
  readonly registrar: string[] = []
  readonly #waiting: { start: string; done: (line: string) => void }[] = []
  #taken = 0
  renegotiate: SipEvents['renegotiate'] = () => Promise.reject(new Error('no renegotiation here'))

  trunkChanged(trunk: { name: string }, { is }: { is: string }): void {
    this.#note(`trunk ${trunk.name} ${is}`)
  }
  incoming(invite: IncomingInvite): void {
    this.invites.push(invite)
    this.#note(`incoming ${invite.from} ${invite.to} ${invite.source.kind}`)
  }
  progress(_callId: CallId, sipStatus: number, body: string | undefined): void {
    this.#note(`progress ${sipStatus}${body === undefined ? '' : ' sdp'}`)
  }
  answered(_callId: CallId, body: string): void {
    this.#note(`answered ${/m=audio (\d+)/.exec(body)?.[1]}`)
  }
  rejected(_callId: CallId, sipStatus: number, reason: string): void {
    this.#note(`rejected ${sipStatus} ${reason}`)
  }
  lateAnswer(_callId: CallId, body: string): void {
    this.#note(`lateAnswer ${/m=audio (\d+)/.exec(body)?.[1]}`)
  }
  remoteHangup(_callId: CallId, reason: string): void {
    this.#note(`remoteHangup ${reason}`)
  }
  remoteCancel(): void {
    this.#note('remoteCancel')
  }
  message: SipEvents['message'] = async ({ from, to, text }) => {
    this.#note(`message ${from} ${to} ${text}`)
    return 200
  }
  transferWished: SipEvents['transferWished'] = async (_callId, wish) => {
    this.#note(`transferWished ${wish.to} ${wish.replaces} ${wish.referredBy}`)
  }
  referProgress(_callId: CallId, sipStatus: number, final: boolean): void {
    this.#note(`referProgress ${sipStatus} ${final}`)
  }
  deviceRegistered({ username, source }: RegistrationRecord, previous: string | null): void {
    this.registrar.push(`registered ${username} ${source} ${previous}`)
  }
  deviceUnregistered({ username, source }: RegistrationRecord, why: string): void {
    this.registrar.push(`unregistered ${username} ${source} ${why}`)
  }
  addressLocked({ address, username }: AddressLock): void {
    this.registrar.push(`locked ${address} ${username}`)
  }
  infoDigit(_callId: CallId, digit: string, durationMs: number): void {
    this.#note(`infoDigit ${digit} ${durationMs}`)
  }

  /** The next event not yet waited for; fails if that is another one. */
  async next(start: string, withinMs = 20_000): Promise<string> {
    const line = this.lines[this.#taken] ?? (await this.#wait(start, withinMs))
    this.#taken++
    if (!line.startsWith(start)) throw new Error(`expected ${start}, heard ${line}`)
    return line
  }

  #wait(start: string, withinMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = (): void =>
        reject(new Error(`${start} did not happen; heard: ${this.lines.join(' | ')}`))
      const timer = setTimeout(late, withinMs)
      this.#waiting.push({
        start,
        done: (line) => {
          clearTimeout(timer)
          resolve(line)
        },
      })
    })
  }

  #note(line: string): void {
    this.lines.push(line)
    this.#waiting.shift()?.done(line)
  }
}

/** Real time, so many times as fast. */
const hurried = (speed: number): Clock => ({
  nowMs: () => Date.now() * speed,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs / speed)
    return () => clearTimeout(timer)
  },
})

/** An embedded server; `controlPort` 0 = any. With `fast`, SIP's 32 s are 1.28 s; `speed` is for all timers. */
export const startServer = (controlPort = 0, fast = false, speed = 1) =>
  startSipServer({
    clock: hurried(speed),
    showsTrying: true,
    ...(fast ? { timers: { t1Ms: 20, t2Ms: 160, t4Ms: 200 } } : {}),
    host: '127.0.0.1',
    port: 0,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort,
    secret,
  })

export interface Rig {
  readonly sip: RunningSip
  readonly heard: Heard
  readonly sipPort: number
  readonly devices: DeviceRecord[]
  readonly trunks: TrunkRecord[]
  readonly registrations: Map<string, RegistrationRecord>
  readonly notes: string[]
  call(target: SipTarget, more?: Partial<InviteRequest>): CallId
  serverStats(): SipServerStats
  stopServer(): Promise<void>
  /** On the same control port, with a SIP port of its own. */
  restartServer(): Promise<void>
  close(): Promise<void>
}

/** The SIP application on an embedded server of its own. */
export async function startRig(
  more: Partial<SipOptions> = {},
  { fast = false, speed = 1 } = {},
): Promise<Rig> {
  // It has to be there still after a restart.
  const controlPort = await freePort()
  let server = await startServer(controlPort, fast, speed)
  const devices: DeviceRecord[] = []
  const trunks: TrunkRecord[] = []
  const registrations = new Map<string, RegistrationRecord>()
  const heard = new Heard()
  const notes: string[] = []
  const sip = await startSip(
    {
      control: { host: '127.0.0.1', port: controlPort, secret },
      realm,
      publicAddress: '127.0.0.1',
      devices: { byUsername: async (name) => devices.find((one) => one.username === name) },
      registrations: {
        save: async (one) => {
          registrations.set(`${one.deviceId} ${one.contact}`, one)
        },
        remove: async (id, contact) => {
          registrations.delete(`${id} ${contact}`)
        },
        all: async () => [...registrations.values()],
      },
      trunks: async () => trunks,
      clock: systemClock,
      ids: { uuid: () => randomUUID() },
      log: noteLog(notes),
      closeWithinMs: 20,
      seesTrying: true,
      ...more,
    },
    heard,
  )
  return {
    sip,
    heard,
    get sipPort() {
      return server.sipPort
    },
    serverStats: () => server.stats(),
    stopServer: () => server.close(),
    restartServer: async () => {
      server = await startServer(controlPort)
    },
    devices,
    trunks,
    registrations,
    notes,
    call: (target, more = {}) => {
      const callId = randomUUID() as CallId
      sip.invite(callId, { target, callerId: '+15005550001', offers: { rtp: sdp(5004) }, ...more })
      return callId
    },
    close: async () => {
      await sip.close()
      await server.close()
    },
  }
}
