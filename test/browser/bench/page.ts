import { get } from 'node:http'
import type { Browser } from 'playwright-core'
import { type BenchEngine, startBenchEngine } from '../../bench/engine.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inKib,
  inMs,
  type Print,
  printTable,
} from '../../bench/report.ts'
import { summaryOf } from '../../bench/statistics.ts'
import { firstPassword } from '../support/browser-phone.ts'
import { Chromium } from '../support/chromium.ts'

const user = '1001'
const aimKib = 150
const aimMs = 1000

/** Noted by the page itself, in milliseconds since the navigation began. */
interface Marks {
  formMs?: number
  signedInMs?: number
  readyMs?: number
}
declare global {
  var marks: Marks
}

interface Visit {
  readonly formMs: number
  readonly readyMs: number
  /** Paths of what was loaded before the sign-in, and after it. */
  readonly first: readonly string[]
  readonly later: readonly string[]
}

/** Sees the page become usable: the form that takes a name, and then the word that the phone is ready. */
function watch(): void {
  globalThis.marks = {}
  const look = (): void => {
    const { marks } = globalThis
    const now = performance.now()
    if (document.querySelector('#username')) marks.formMs ??= now
    if (document.querySelector('.status')?.getAttribute('data-at') === 'ready')
      marks.readyMs ??= now
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true })
  const submitted = (): void => {
    globalThis.marks.signedInMs ??= performance.now()
  }
  addEventListener('submit', submitted, { capture: true })
}

/** As for the first time: nothing is in the cache. */
async function visit(browser: Browser, url: string, password: string): Promise<Visit> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.addInitScript(watch)
    const loaded: string[] = []
    page.on('requestfinished', (request) => {
      if (request.method() === 'GET') loaded.push(new URL(request.url()).pathname)
    })
    await page.goto(url)
    await page.waitForFunction(() => globalThis.marks.formMs !== undefined)
    await page.waitForLoadState('networkidle')
    const first = loaded.splice(0)
    await page.fill('#username', user)
    await page.fill('#password', password)
    await page.click('button[type=submit]')
    await page.waitForFunction(() => globalThis.marks.readyMs !== undefined)
    const { formMs = 0, signedInMs = 0, readyMs = 0 } = await page.evaluate(() => globalThis.marks)
    return { formMs, readyMs: readyMs - signedInMs, first, later: loaded }
  } finally {
    await context.close()
  }
}

/** Bytes of the body as it is sent. */
function sentBytes(url: string, coding: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': coding } }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve(bytes))
    }).on('error', reject)
  })
}

/** Files of the page alone: answers of the API are not its weight. */
const isFile = (path: string): boolean =>
  path === '/' || /\.(?:js|css|svg|png|woff2|wav)$/.test(path)

async function weights(url: string, { first, later }: Visit): Promise<string[][]> {
  const rows: string[][] = [['page weight', 'files', 'Brotli', 'gzip', 'as it is']]
  const sums = [0, 0, 0]
  for (const [name, paths] of [
    ['loaded by the first visit', first],
    ['loaded after the sign-in', later],
  ] as const) {
    const files = [...new Set(paths.filter(isFile))]
    const parts = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (coding) => {
        const sizes = await Promise.all(files.map((path) => sentBytes(url + path, coding)))
        return sizes.reduce((sum, bytes) => sum + bytes, 0)
      }),
    )
    for (const [n, bytes] of parts.entries()) sums[n] = (sums[n] ?? 0) + bytes
    rows.push([name, String(files.length), ...parts.map(inKib)])
  }
  rows.push(['in all', '', ...sums.map(inKib)])
  rows.push(['aim', '', ...sums.map((bytes, n) => (n === 2 ? '' : verdict(bytes / 1024)))])
  return rows
}

const verdict = (kib: number): string =>
  kib <= aimKib ? `<= ${aimKib}: reached` : `<= ${aimKib}: MISSED`

async function measure({ api }: BenchEngine, runs: number, print: Print): Promise<void> {
  const password = firstPassword(api, user)
  const chromium = await Chromium.start()
  try {
    const visits: Visit[] = []
    // The first visit of all is the browser's own start as well, and does not count.
    for (let n = 0; n <= runs; n++) {
      visits.push(await visit(chromium.browser, api.httpUrl, password))
    }
    const [one, ...counted] = visits
    if (one) printTable(print, await weights(api.httpUrl, one))
    const form = summaryOf(counted.map(({ formMs }) => formMs))
    const ready = summaryOf(counted.map(({ readyMs }) => readyMs))
    printTable(print, [
      [...delayHeading],
      delayRow('from the navigation to the login form', form),
      delayRow('from the sign-in to a registered phone', ready),
    ])
    const both = summaryOf(counted.map(({ formMs, readyMs }) => formMs + readyMs))
    print(`  both together, p95 ${against(both.p95, aimMs, inMs(both.p95))}`)
    print(
      '  a browser that runs, with an empty cache each time; passwords are checked as slowly as always',
    )
  } finally {
    await chromium.stop()
  }
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const engine = await startBenchEngine(1)
  try {
    await measure(engine, isShort ? 2 : 10, print)
  } finally {
    await engine.stop()
  }
}

export const webRtcPage: Bench = {
  name: 'webrtc-page',
  title: "weight of the phone's page, and time until it can be used",
  run,
}
