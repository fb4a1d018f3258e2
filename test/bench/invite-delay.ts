import { setTimeout as sleep } from 'node:timers/promises'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { ScriptedPhone } from '../support/scripted-phone.ts'
import { ownNumber, startBenchEngine, trunkAddress, trunkPrefix } from './engine.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inMs,
  type Print,
  printTable,
} from './report.ts'
import { summaryOf } from './statistics.ts'

const warmUpCalls = 30

/**
 * From `fetch` in this process to the INVITE's datagram in this process: client, HTTP, store, SIP and the
 * control protocol are all in it.
 */
async function run(print: Print, isShort: boolean): Promise<void> {
  const invites = new Map<string, PromiseWithResolvers<ScriptedCall>>()
  const invited = (number: string) => {
    const known = invites.get(number) ?? Promise.withResolvers<ScriptedCall>()
    invites.set(number, known)
    return known
  }
  const phone = await ScriptedPhone.open({
    address: trunkAddress,
    onCall: (call) => invited(call.number).resolve(call),
  })
  const engine = await startBenchEngine(phone.port)
  let next = 0
  const place = async (): Promise<number> => {
    const to = `${trunkPrefix}${String(next++).padStart(6, '0')}`
    const startMs = performance.now()
    const answered = engine.api.send('POST', '/v1/voice/calls', { to, from: ownNumber })
    const call = await invited(to).promise
    const delayMs = call.invitedAtMs - startMs
    const { status, body } = await answered
    if (status !== 201) throw new Error(`call refused: ${status} ${JSON.stringify(body)}`)
    call.refuse(486)
    invites.delete(to)
    return delayMs
  }
  try {
    for (let n = 0; n < warmUpCalls; n++) await place()
    const rows: string[][] = [[...delayHeading]]
    const alone: number[] = []
    for (let n = 0; n < (isShort ? 50 : 500); n++) {
      alone.push(await place())
      await sleep(20)
    }
    rows.push(delayRow('one at a time, every 20 ms', summaryOf(alone)))
    const together: number[] = []
    for (let n = 0; n < (isShort ? 5 : 20); n++) {
      together.push(...(await Promise.all(Array.from({ length: 10 }, place))))
      await sleep(200)
    }
    rows.push(delayRow('ten at once', summaryOf(together)))
    printTable(print, rows)
    const { p95 } = summaryOf(alone)
    print(`  p95 ${against(p95, 20, inMs(p95))}, one at a time, ${warmUpCalls} calls before`)
  } finally {
    await engine.stop()
    phone.close()
  }
}

export const inviteDelay: Bench = {
  name: 'invite',
  title: 'API request to INVITE on the wire',
  run,
}
