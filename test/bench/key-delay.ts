import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { audioPortOf, phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'
import { created, startBenchEngine, trunkAddress, trunkPrefix } from './engine.ts'
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

const agentNumber = `${trunkPrefix}100001`
const leadNumber = `${trunkPrefix}100002`
const eventType = 101
const heldPackets = 5
/** How long the agent listens before pressing. */
const listensMs = 400

interface Press {
  readonly firstAtMs: number
  readonly endAtMs: number
}

/** Key 1 by RFC 4733: five packets 20 ms apart while it is held, then the end three times. */
async function press(socket: Socket, port: number, timestamp: number): Promise<Press> {
  const packet = Buffer.alloc(16)
  const send = (n: number, isEnd: boolean) => {
    writeRtp(packet, 0, eventType, n === 0, n, timestamp, 77)
    packet.set([1, (isEnd ? 0x80 : 0) | 10], 12)
    packet.writeUInt16BE((Math.min(n, heldPackets - 1) + 1) * 160, 14)
    socket.send(Buffer.from(packet), port, '127.0.0.1')
    return performance.now()
  }
  const firstAtMs = send(0, false)
  for (let n = 1; n < heldPackets; n++) {
    await sleep(20)
    send(n, false)
  }
  await sleep(20)
  const endAtMs = send(heldPackets, true)
  send(heldPackets + 1, true)
  send(heldPackets + 2, true)
  return { firstAtMs, endAtMs }
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const audio = createSocket('udp4')
  audio.bind(0, trunkAddress)
  await once(audio, 'listening')
  let agent = Promise.withResolvers<ScriptedCall>()
  let lead = Promise.withResolvers<ScriptedCall>()
  const phone = await ScriptedPhone.open({
    address: trunkAddress,
    onCall: (call) => (call.number === agentNumber ? agent : lead).resolve(call),
  })
  const engine = await startBenchEngine(phone.port)
  const body = { agentPhone: agentNumber, leadPhone: leadNumber, leadName: 'Sam Field' }
  const once1 = async (n: number): Promise<{ fromFirstMs: number; fromEndMs: number }> => {
    agent = Promise.withResolvers<ScriptedCall>()
    lead = Promise.withResolvers<ScriptedCall>()
    await created(engine.api, '/api/voice/trigger-call', body)
    const call = await agent.promise
    call.accept(phoneSdp(trunkAddress, audio.address().port))
    await call.acknowledged
    await sleep(listensMs)
    const { firstAtMs, endAtMs } = await press(audio, audioPortOf(call.remoteSdp), n * 16_000)
    const { invitedAtMs } = await lead.promise.then((to) => {
      to.refuse(486)
      return to
    })
    call.bye()
    await call.ended
    return { fromFirstMs: invitedAtMs - firstAtMs, fromEndMs: invitedAtMs - endAtMs }
  }
  try {
    for (let n = 0; n < 5; n++) await once1(n)
    const measured: { fromFirstMs: number; fromEndMs: number }[] = []
    for (let n = 5; n < (isShort ? 15 : 65); n++) measured.push(await once1(n))
    const fromEnd = summaryOf(measured.map(({ fromEndMs }) => fromEndMs))
    const fromFirst = summaryOf(measured.map(({ fromFirstMs }) => fromFirstMs))
    printTable(print, [
      [...delayHeading],
      delayRow('from the first END packet (key let go)', fromEnd),
      delayRow('from the first packet (key down; held for 100 ms)', fromFirst),
    ])
    print(`  p95 ${against(fromEnd.p95, 20, inMs(fromEnd.p95))}, from the first END packet`)
  } finally {
    await engine.stop()
    phone.close()
    audio.close()
  }
}

export const keyDelay: Bench = {
  name: 'key',
  title: 'Key 1 of the agent to the INVITE for the lead (trigger-call, RFC 4733)',
  run,
}
