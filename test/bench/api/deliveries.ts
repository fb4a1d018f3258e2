import { setTimeout as sleep } from 'node:timers/promises'
import { type Application, startApplication } from '../../support/application.ts'
import type { EngineProcess } from '../../support/engine-process.ts'
import { created } from '../engine.ts'
import { against, type Bench, delayHeading, delayRow, printTable } from '../report.ts'
import { summaryOf } from '../statistics.ts'
import { askMany } from './client.ts'
import { engineWithHistory } from './history.ts'

const aimP95Ms = 50
const everyMs = 20
const path = '/hook'
const patienceMs = 60_000

const conference = (n: number) => ({
  ...{ method: 'POST', path: '/v1/voice/conferences' },
  body: { friendly_name: `bench ${n}` },
})

const received = (application: Application): number =>
  application.asked.filter((asked) => asked.path === path).length

async function until(isDone: () => boolean): Promise<void> {
  const endMs = performance.now() + patienceMs
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error('the webhooks did not all arrive in a minute')
    await sleep(20)
  }
}

/** From the event's time to the receiver, one event after the other. */
async function delays(engine: EngineProcess, application: Application, events: number) {
  const before = application.asked.length
  application.on(path, (response) => response.end())
  for (let n = 0; n < events; n++) {
    await askMany(engine, () => conference(n), 1, 1)
    await sleep(everyMs)
  }
  await until(() => received(application) >= before + events)
  return application.asked.slice(before).map(({ atMs, json }) => atMs - Date.parse(json.at))
}

/** A receiver that was away comes back: how fast is what waited sent? */
async function drain(engine: EngineProcess, application: Application, events: number) {
  // 410 would be final, a refusal is not
  application.on(path, (response) => response.writeHead(503).end())
  await askMany(engine, conference, events, 4)
  await sleep(500)
  let first = 0
  let count = 0
  const seen = new Set<string>()
  application.on(path, (response, asked) => {
    if (first === 0) first = performance.now()
    seen.add(String(asked.json.conference_id))
    count++
    response.end()
  })
  await until(() => seen.size >= events)
  return { perSecond: (count * 1000) / (performance.now() - first), count }
}

export const deliveries: Bench = {
  name: 'deliveries',
  title: 'events from cause to webhook, and how fast the outbox empties',
  async run(print, isShort) {
    // an account has 1,000 conferences at most
    const events = isShort ? 20 : 200
    const application = await startApplication()
    const target = new URL(application.url).host
    const engine = await engineWithHistory(isShort ? 1_000 : 100_000, {
      RINGDOWN_ALLOWED_URL_TARGETS: target,
    })
    try {
      await created(engine, '/v1/voice/webhooks', {
        ...{ url: application.url + path, events: ['conference.created'] },
      })
      const summary = summaryOf(await delays(engine, application, events))
      print(`  ${events} events, one each ${everyMs} ms; the receiver is this process`)
      print(`  p95 ${against(summary.p95, aimP95Ms, `${summary.p95} ms`)}`)
      printTable(print, [[...delayHeading], delayRow('cause to webhook', summary)])
      const backlog = isShort ? 100 : 700
      const { perSecond, count } = await drain(engine, application, backlog)
      print(
        `  outbox: ${count} deliveries that had been refused once each, sent at ${perSecond.toFixed(0)}/s`,
      )
    } finally {
      await engine.stop()
      engine.removeData()
      await application.close()
    }
  },
}
