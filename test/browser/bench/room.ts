import type { Page } from 'playwright-core'
import { against, type Bench, inMs, inPercent, type Print, printTable } from '../../bench/report.ts'
import { summaryOf } from '../../bench/statistics.ts'
import { ours } from '../../unit/api/api-lab.ts'
import { Chromium } from '../support/chromium.ts'
import { RoomLab } from '../support/room-lab.ts'

const members = 250
const newsMs = 200
/** A task of that length is felt (W3C Long Tasks). */
const aimMs = 50
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } } as const

declare global {
  var framesMs: number[]
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ph: string
  /** Microseconds, by the clock and of the processor. */
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** All levels change five times a second, and one member, who speaks, is muted or not any more. */
function talk(lab: RoomLab): () => void {
  let turn = 0
  const timer = setInterval(() => {
    turn++
    const levels = lab.members.map(({ callId }, i) => {
      return { callId, levelDb: -60 + ((i * 7 + turn * 13) % 55), speaking: (i + turn) % 50 < 3 }
    })
    lab.hear(levels)
    const member = lab.members[turn % members]
    if (member === undefined) return
    const changed = { muted: turn % 2 === 0 }
    void lab.api.conferences.changeParticipant(ours.id, lab.id, member.callId, changed)
  }, newsMs)
  return () => clearInterval(timer)
}

/** Tasks of the page's main thread. */
function tasksOf(trace: Buffer): readonly TraceEvent[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const isMain = ({ name, args }: TraceEvent) =>
    name === 'thread_name' && args?.name === 'CrRendererMain'
  const threads = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`))
  return traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      name === 'ThreadControllerImpl::RunTask' && ph === 'X' && threads.has(`${pid} ${tid}`),
  )
}

async function follow(page: Page, lab: RoomLab, seconds: number): Promise<Buffer> {
  const browser = page.context().browser()
  if (!browser) throw new Error('the page has no browser')
  await page.evaluate(() => {
    globalThis.framesMs = []
    let lastMs = performance.now()
    const frame = (nowMs: number): void => {
      globalThis.framesMs.push(nowMs - lastMs)
      lastMs = nowMs
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  const stop = talk(lab)
  for (let i = 0; i < seconds * 2; i++) {
    await page.mouse.wheel(0, i % 40 < 20 ? 300 : -300)
    await page.waitForTimeout(500)
  }
  stop()
  return browser.stopTracing()
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const seconds = isShort ? 4 : 30
  const lab = await RoomLab.start(members)
  const chromium = await Chromium.start()
  try {
    const rows = [['', 'frames/s', 'frame p99', 'main thread', 'longest task', 'of the processor']]
    let longestMs = 0
    for (const [name, viewport] of Object.entries(sizes)) {
      const page = await lab.open(chromium)
      await page.setViewportSize(viewport)
      await page
        .locator('li.member')
        .nth(members - 1)
        .waitFor({ state: 'attached' })
      await page.waitForTimeout(1_000)
      const tasks = tasksOf(await follow(page, lab, seconds))
      const framesMs = await page.evaluate(() => globalThis.framesMs)
      if (tasks.length === 0) throw new Error('the trace has no tasks of the page')
      const busyMs = tasks.reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0)
      const byClock = Math.max(...tasks.map(({ dur = 0 }) => dur / 1000))
      const ofProcessor = Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000))
      longestMs = Math.max(longestMs, ofProcessor)
      const spentMs = framesMs.reduce((sum, frameMs) => sum + frameMs, 0)
      const rate = ((1000 * framesMs.length) / spentMs).toFixed(1)
      const share = inPercent(busyMs / spentMs)
      rows.push([
        name,
        rate,
        inMs(summaryOf(framesMs).p99),
        share,
        inMs(byClock),
        inMs(ofProcessor),
      ])
      await page.context().close()
    }
    printTable(print, rows)
    print(`  longest task ${against(longestMs, aimMs, inMs(longestMs))}, of the processor's time`)
    print('  drawn without a graphics card; scrolled twice a second; all levels change five times')
  } finally {
    await chromium.stop()
    await lab.api.close()
  }
}

export const webRtcRoom: Bench = {
  name: 'webrtc-room',
  title: `the page of a conference of ${members}, while all of them are heard`,
  run,
}
