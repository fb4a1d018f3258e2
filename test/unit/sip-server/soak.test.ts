/**
 * Two servers, an application on each, calls that end in every way at every moment: whatever the
 * two sides do to one another, nothing is left afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { type Dialog, Srf } from '../../support/drachtio/srf.ts'
import { secret, startLab, until } from './lab.ts'

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n'
const calls = 200
const atOnce = 20

/** A small generator of chance, so that a run can be repeated. */
const chance = (seed: number) => {
  let state = seed
  return (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const application = async (server: SipServer): Promise<Srf> => {
  const srf = new Srf()
  srf.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    srf.on('connect', (error) =>
      error === null || error === undefined ? resolve() : reject(error),
    )
    srf.connect({ host: '127.0.0.1', port: server.controlPort, secret })
  })
  return srf
}

const hangUp = (dialog: Dialog): Promise<unknown> =>
  Promise.race([dialog.destroy().catch(() => undefined), sleep(500)])

/** Rings or not, answers or not, hangs up or waits for the other side to. */
const callee = (srf: Srf, below: (limit: number) => number): void => {
  srf.invite(async (req, res) => {
    const kind = below(6)
    if (kind === 0) {
      res.send(486)
      return
    }
    if (kind < 4) res.send(180)
    await sleep(below(60))
    if (kind === 1) {
      res.send(480)
      return
    }
    const dialog = await srf.createUAS(req, res, { localSdp: sdp }).catch(() => undefined)
    dialog?.on('destroy', () => undefined)
    dialog?.on('modify', (_req, answer) => answer.send(200, { body: sdp }))
    dialog?.on('info', (_req, answer) => answer.send(200))
    if (dialog !== undefined && below(2) === 0) setTimeout(() => void hangUp(dialog), below(60))
  })
}

const callOnce = async (srf: Srf, uri: string, below: (limit: number) => number) => {
  const parts = { localSdp: sdp, callingNumber: '1001' }
  const dialog = await srf.createUAC(uri, parts, {
    cbRequest: (_error, invite) => {
      if (below(3) === 0) setTimeout(() => invite.cancel(() => undefined), below(80))
    },
  })
  let isOver = false
  dialog.on('destroy', () => {
    isOver = true
  })
  if (below(2) === 0) await dialog.request({ method: 'INFO' }).catch(() => undefined)
  if (below(2) === 0) await Promise.race([dialog.modify(sdp).catch(() => undefined), sleep(200)])
  await sleep(below(80))
  if (!isOver) await hangUp(dialog)
}

const isIdle = (server: SipServer): boolean => {
  const { dialogs, inbound, outbound } = server.stats()
  return dialogs === 0 && inbound === 0 && outbound === 0
}

test('calls that end in every way leave nothing behind', async () => {
  const [near, far] = [await startLab(), await startLab()]
  const [caller, called] = [await application(near), await application(far)]
  callee(called, chance(1))
  const below = chance(2)
  const outcomes = new Map<string, number>()
  let placed = 0
  const worker = async (): Promise<void> => {
    while (placed < calls) {
      const transport = placed++ % 2 === 0 ? 'udp' : 'tcp'
      const uri = `sip:x@127.0.0.1:${far.sipPort};transport=${transport}`
      const outcome = await callOnce(caller, uri, below).then(
        () => 'answered',
        (error: { readonly status?: number }) => String(error.status),
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  await until(() => isIdle(near) && isIdle(far))
  expect(new Set(outcomes.keys())).toEqual(new Set(['answered', '480', '486', '487']))
  expect([near.stats().faults, far.stats().faults]).toEqual([0, 0])
  caller.disconnect()
  called.disconnect()
  await Promise.all([near.close(), far.close()])
})
