import { randomUUID } from 'node:crypto'
import type { CallId } from '../../../engine/core/ids.ts'
import type { IncomingInvite } from '../../../engine/core/ports/sip.ts'
import { startSip } from '../../../engine/sip/index.ts'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { Heard, noteLog, realm, trunk } from '../../loop/sip/support/rig.ts'
import { Srf } from '../drachtio/srf.ts'

export interface TestApplication {
  /** Errors and warnings that it wrote, and calls that it has not forgotten. */
  leftovers(): readonly string[]
  close(): Promise<void>
}

export type StartApplication = (
  server: SipServer,
  secret: string,
  tester: string,
) => Promise<TestApplication>

/** Knows no number, as the calls of the engine answer one that is nobody's. */
class NobodyHome extends Heard {
  refuse: (callId: CallId) => void = () => undefined

  override incoming(invite: IncomingInvite): void {
    this.refuse(invite.callId)
  }
}

/** The SIP application of the engine; the tester is its trunk, so that its calls are let in. */
export const ownApplication: StartApplication = async (server, secret, tester) => {
  const notes: string[] = []
  const events = new NobodyHome()
  const sip = await startSip(
    {
      control: { host: '127.0.0.1', port: server.controlPort, secret },
      realm,
      publicAddress: '127.0.0.1',
      devices: { byUsername: async () => undefined },
      registrations: { save: async () => {}, remove: async () => {}, all: async () => [] },
      trunks: async () => [trunk(5060, { host: tester })],
      clock: {
        nowMs: () => Date.now(),
        monotonicMs: () => performance.now(),
        after: (delayMs, run) => {
          const timer = setTimeout(run, delayMs)
          return () => clearTimeout(timer)
        },
      },
      ids: { uuid: () => randomUUID() },
      log: noteLog(notes),
      closeWithinMs: 20,
    },
    events,
  )
  events.refuse = (callId) => sip.reject(callId, 404)
  return {
    leftovers: () => {
      const { legs, dialogs } = sip.counts()
      return legs + dialogs > 0 ? [...notes, `${legs} legs, ${dialogs} dialogs`] : notes
    },
    close: () => sip.close(),
  }
}

const verbs = [
  'invite',
  'options',
  'register',
  'message',
  'info',
  'notify',
  'subscribe',
  'publish',
] as const

/** A small application on drachtio-srf that answers every request 200 and asks nobody who he is. */
export const obligingApplication: StartApplication = async (server, secret) => {
  const srf = new Srf()
  srf.on('error', () => undefined)
  const connected = new Promise<void>((resolve) => {
    srf.on('connect', () => resolve())
  })
  for (const verb of verbs) srf[verb]((_req, res) => res.send(200))
  srf.connect({ host: '127.0.0.1', port: server.controlPort, secret })
  await connected
  return { leftovers: () => [], close: async () => srf.disconnect() }
}
