/** JsSIP, another SIP library for browsers: what is standard works without our SDK. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, test } from 'vitest'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { voice } from '../support/voice.ts'
import type {} from './in-page/jssip-page.ts'
import { firstPassword, samplesOf } from './support/browser-phone.ts'
import { bundleOf } from './support/bundle.ts'
import { Chromium } from './support/chromium.ts'

let engine: EngineProcess
let chromium: Chromium
beforeAll(async () => {
  engine = await startEngine()
  chromium = await Chromium.start({ voice: voice('agent'), repeats: true })
})
afterAll(async () => {
  await chromium.stop()
  await engine.stop()
  engine.removeData()
})

test('JsSIP registers with the device’s password and talks to the lab’s echo', async () => {
  const context = await chromium.browser.newContext({ bypassCSP: true })
  const page = await context.newPage()
  await page.goto(`${engine.httpUrl}/healthz`)
  await page.addScriptTag({ content: await bundleOf('jssip-page.ts') })
  await page.evaluate(([url, password]) => globalThis.jssipPhone.register(url, '1001', password), [
    `${engine.httpUrl.replace('http', 'ws')}/sip`,
    firstPassword(engine, '1001'),
  ] as const)
  await page.evaluate(() => globalThis.jssipPhone.call('+15005550140'))
  await page.waitForFunction(() => globalThis.jssipPhone.seen.includes('confirmed'))
  // On a busy machine the first packets of a new way come in clumps: it is said, and listened to, again.
  await eventually(
    async () => likeness(voice('agent'), await heard(page)),
    (like) => like > 0.9,
  )
  await page.evaluate(() => globalThis.jssipPhone.hangup())
  await page.waitForFunction(() => globalThis.jssipPhone.seen.includes('ended'))
})

/** What the call sounds like for eight seconds. */
async function heard(page: Page): Promise<Int16Array> {
  await page.evaluate(() => globalThis.jssipPhone.listen())
  await page.waitForFunction(() => globalThis.jssipPhone.ear.ms >= 8000)
  return samplesOf(await page.evaluate(() => globalThis.jssipPhone.ear.take()))
}
