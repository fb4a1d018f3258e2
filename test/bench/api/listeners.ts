import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { EngineProcess } from '../../support/engine-process.ts'
import { CpuMeter } from '../process-figures.ts'
import { against, type Bench, delayHeading, delayRow, inPercent, printTable } from '../report.ts'
import { summaryOf } from '../statistics.ts'
import { askMany } from './client.ts'
import { engineWithHistory } from './history.ts'

const aimP95Ms = 10
/** Events that are told, evenly. */
const everyMs = 20

interface Told {
  readonly event?: string
  readonly data?: { readonly type: string; readonly at: string }
}

/** Listens to the account's log from now on; each event is told with the time from its cause to here. */
async function listen(engine: EngineProcess, told: (tookMs: number) => void): Promise<WebSocket> {
  const url = `${engine.httpUrl.replace('http', 'ws')}/v1/voice/ws`
  const socket = new WebSocket(url, { headers: { 'x-api-key': engine.apiKey } })
  await once(socket, 'open')
  const live = Promise.withResolvers<void>()
  socket.on('message', (text) => {
    const nowMs = Date.now()
    const message = JSON.parse(String(text)) as Told
    if (message.event === 'live') live.resolve()
    if (message.event === 'event' && message.data?.type === 'conference.created')
      told(nowMs - Date.parse(message.data.at))
  })
  socket.send(JSON.stringify({ id: 1, do: 'follow', params: { events: { after: 'now' } } }))
  await live.promise
  return socket
}

/** A conference that is made is an event with a time; the clocks are one, to the millisecond. */
async function cause(engine: EngineProcess, events: number): Promise<void> {
  const beganMs = performance.now()
  for (let n = 0; n < events; n++) {
    const body = { friendly_name: `bench ${n}` }
    await askMany(engine, () => ({ method: 'POST', path: '/v1/voice/conferences', body }), 1, 1)
    const waitMs = beganMs + (n + 1) * everyMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
  }
}

async function measure(engine: EngineProcess, sockets: number, events: number) {
  const tookMs: number[] = []
  const all: WebSocket[] = []
  for (let n = 0; n < sockets; n++) all.push(await listen(engine, (ms) => tookMs.push(ms)))
  const cpu = CpuMeter.start(engine.process.pid!)
  await cause(engine, events)
  await sleep(1_000)
  const share = cpu.share()
  for (const socket of all) socket.terminate()
  return { tookMs, share }
}

export const listeners: Bench = {
  name: 'listeners',
  title: 'events from cause to WebSocket, with one and with 1,000 sockets that listen',
  async run(print, isShort) {
    const events = isShort ? 20 : 500
    const engine = await engineWithHistory(isShort ? 1_000 : 100_000)
    try {
      const rows: string[][] = [[...delayHeading, 'heard', 'CPU']]
      for (const sockets of [1, isShort ? 50 : 1_000]) {
        const { tookMs, share } = await measure(engine, sockets, events)
        const summary = summaryOf(tookMs)
        const heard = `${tookMs.length} of ${sockets * events}`
        rows.push([...delayRow(`${sockets} sockets`, summary), heard, inPercent(share)])
        print(`  ${sockets} sockets: p95 ${against(summary.p95, aimP95Ms, `${summary.p95} ms`)}`)
      }
      print(
        `  ${events} events, one each ${everyMs} ms; the listeners are one process beside the engine`,
      )
      printTable(print, rows)
    } finally {
      await engine.stop()
      engine.removeData()
    }
  },
}
