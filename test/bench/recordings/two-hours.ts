import { createReadStream } from 'node:fs'
import { link, mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RecordingId } from '../../../engine/core/ids.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { openStore } from '../../../engine/store/index.ts'
import { PeakMaker } from '../../../recordings/index.ts'
import { builtPage } from '../../browser/support/built-page.ts'
import { Chromium } from '../../browser/support/chromium.ts'
import { type EngineProcess, startEngine } from '../../support/engine-process.ts'
import { against, type Bench, inMib, inMs, type Print } from '../report.ts'

const rateHz = 8_000
const hours = 2
const id = '2b1f6f0a-5f1c-4a52-9c58-0d3a7f3b2c11' as RecordingId
/** A month that no recording of the engine under test falls in. */
const monthMs = Date.UTC(2020, 0, 15)

/** A call in stereo, 16-bit, 8 kHz, in which both take turns. */
async function writeRecording(path: string, seconds: number): Promise<void> {
  const file = await open(path, 'w')
  const dataBytes = seconds * rateHz * 4
  await file.write(wavHeader({ rateHz, channels: 2, format: 'pcm16', dataBytes }))
  const second = new Int16Array(rateHz * 2)
  for (let n = 0; n < seconds; n++) {
    const level = 1_500 + 3_000 * ((n * 7) % 5)
    for (let i = 0; i < rateHz; i++) {
      const isLeft = n % 9 < 4
      second[2 * i + (isLeft ? 0 : 1)] = level * Math.sin(i / (3 + (n % 11)))
      second[2 * i + (isLeft ? 1 : 0)] = 20 * Math.sin(i)
    }
    await file.write(second)
  }
  await file.close()
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now()
  await work()
  return performance.now() - beganMs
}

async function measurePeaks(print: Print, path: string, folder: string): Promise<void> {
  const maker = new PeakMaker()
  const loop = monitorEventLoopDelay({ resolution: 1 })
  const before = process.cpuUsage()
  const main = process.threadCpuUsage()
  loop.enable()
  const to = join(folder, 'one.peaks')
  const wholeMs = await timed(() =>
    maker.make(to, async () => ({ format: 'wav', bytes: createReadStream(path) })),
  )
  loop.disable()
  const all = process.cpuUsage(before)
  const own = process.threadCpuUsage(main)
  await maker.close()
  const cpuMs = (all.user + all.system) / 1000
  const ownMs = (own.user + own.system) / 1000
  const longestMs = loop.max / 1e6
  print(`  peaks made in         ${inMs(wholeMs)}, ${inMib((await stat(to)).size)} for them`)
  print(`    CPU                 ${inMs(cpuMs)}, of which the main thread ${inMs(ownMs)}`)
  print(`    longest hold of it  ${against(longestMs, 50, inMs(longestMs))}`)
}

/** An engine that has the recording, as if it had made it. */
async function withRecording(
  path: string,
  seconds: number,
  use: (engine: EngineProcess) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-playback-'))
  try {
    const first = await startEngine({}, dataDir)
    await first.stop()
    const month = join(dataDir, 'recordings', '2020', '01')
    await mkdir(month, { recursive: true })
    const stored = join(month, `${id}.wav`)
    await link(path, stored)
    const clock = { nowMs: () => Date.now() }
    const store = await openStore({ path: join(dataDir, 'ringdown.db'), clock })
    const account = await store.accounts.first()
    if (!account) throw new Error('the engine has made no account')
    await store.recordings.save({
      ...{ id, accountId: account.id, callId: null, status: 'completed', failure: null },
      ...{ path: stored, channels: 2, durationMs: seconds * 1000, createdAtMs: monthMs },
      bytes: (await stat(path)).size,
    })
    await store.close()
    const engine = await startEngine({}, dataDir)
    try {
      await use(engine)
    } finally {
      await engine.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measureRanges(print: Print, engine: EngineProcess, times: number): Promise<void> {
  const url = `${engine.httpUrl}/v1/voice/recordings/${id}/media`
  const size = 44 + 3_600 * hours * rateHz * 4
  const took: number[] = []
  for (let n = 0; n < times; n++) {
    const start = Math.floor((size / times) * n)
    const headers = { 'x-api-key': engine.apiKey, range: `bytes=${start}-${start + 65_535}` }
    took.push(await timed(async () => (await fetch(url, { headers })).arrayBuffer()))
  }
  took.sort((a, b) => a - b)
  const at = (share: number) =>
    took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0
  print(`  64 KiB by range       p50 ${inMs(at(0.5))}, p99 ${inMs(at(0.99))}, ${times} measured`)
  const wholeMs = await timed(async () => {
    const answer = await fetch(url, { headers: { 'x-api-key': engine.apiKey } })
    for await (const _ of answer.body ?? []) {
      // Taken as it comes.
    }
  })
  print(`  all of it             ${inMs(wholeMs)}`)
}

/** Until the waveform is drawn and it can be played; then a seek into its middle, and nearer. */
async function measurePage(print: Print, engine: EngineProcess): Promise<void> {
  await builtPage()
  const path = `/v1/voice/recordings/${id}/links`
  const newLink = async () =>
    (await engine.send('POST', path, { ttl: 600 })).body.page_url as string
  const chromium = await Chromium.start()
  try {
    for (const what of ['peaks made for it', 'peaks there', 'peaks there']) {
      const context = await chromium.browser.newContext({ viewport: { width: 1280, height: 800 } })
      const page = await context.newPage()
      let bytes = 0
      page.on('response', (response) => {
        if (!response.url().includes('/audio'))
          bytes += Number(response.headers()['content-length'] ?? 0)
      })
      const url = await newLink()
      const drawnMs = await timed(async () => {
        await page.goto(url)
        await page.locator('canvas.wave-canvas').waitFor()
      })
      const heardMs = await timed(async () => {
        await page.getByRole('slider', { name: 'Place in the recording' }).click()
        await page.getByRole('button', { name: 'Play' }).click()
        await page.locator('[role=slider][aria-valuenow="3601"]').waitFor()
      })
      const nearerMs = await timed(async () => {
        const next = page.waitForResponse((response) => response.url().includes('/peaks?'))
        await page.getByRole('button', { name: 'Zoom in' }).click()
        await (await next).finished()
      })
      print(`  page, ${what.padEnd(17)} drawn after ${inMs(drawnMs)}`)
      print(
        `    half a second from its middle heard after ${inMs(heardMs)}, nearer after ${inMs(nearerMs)}`,
      )
      print(`    fetched besides the sound: ${inMib(bytes)}`)
      await context.close()
    }
  } finally {
    await chromium.stop()
  }
}

export const twoHours: Bench = {
  name: 'two-hours',
  title: 'A recording of two hours: its peaks, parts of it, its page in a browser',
  async run(print, isShort) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-two-hours-'))
    try {
      const seconds = hours * 3_600
      const path = join(folder, 'long.wav')
      await writeRecording(path, seconds)
      print(`  ${hours} h in stereo, 16-bit, 8 kHz: ${inMib((await stat(path)).size)}`)
      await measurePeaks(print, path, folder)
      await withRecording(path, seconds, async (engine) => {
        await measurePage(print, engine)
        await measureRanges(print, engine, isShort ? 50 : 500)
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
