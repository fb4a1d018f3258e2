/** What happens to the softphone page in real life: a reload in mid-call, a second tab, a server that restarts. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually, type Json } from '../support/engine-process.ts'
import { PageLab, voiceHz } from './support/page-lab.ts'
import type { PagePhone } from './support/page-phone.ts'

let lab: PageLab
beforeAll(async () => {
  lab = await PageLab.start()
})
afterEach(() => lab.clear())
afterAll(() => lab.stop())

const hearEachOther = (a: PagePhone, b: PagePhone): Promise<unknown> =>
  Promise.all([a.hearsTone(voiceHz.second), b.hearsTone(voiceHz.first)])

/** A second tab of the same profile, with a login of its own. */
async function secondTab(a: PagePhone, user: string): Promise<PagePhone> {
  const other = await a.anotherTab()
  await other.signInElsewhere(lab.engine, user)
  return other
}

test('a page that is loaded anew in mid-call takes its call over by itself; the other side hears music meanwhile', async () => {
  const [a, b] = await lab.talking()
  await hearEachOther(a, b)
  // The page is away for as long as it takes to hear what the other side gets.
  const url = a.page.url()
  await a.page.goto('about:blank')
  await b.hearsMusic(voiceHz.first)
  await a.page.goto(url)
  const backMs = performance.now()
  await a.talks()
  const tookMs = performance.now() - backMs
  process.stdout.write(`page back until its call is: ${Math.round(tookMs)} ms\n`)
  // Most of it is the page itself, on a busy machine. What waits for a timer of SIP's takes half a minute and more.
  expect(tookMs).toBeLessThan(20_000)
  await hearEachOther(a, b)
  await a.page.reload()
  await a.talks()
  await hearEachOther(a, b)
  await a.press('Hang up')
  await b.ended('They hung up.')
})

test('of two tabs one rings; "Use here" hands the phone over, and its call', async () => {
  const a = await lab.page('1001', 'first')
  const other = await secondTab(a, '1001')
  const b = await lab.page('1002', 'second')
  await b.call('1001')
  await a.incoming.waitFor()
  expect(await other.incoming.count()).toBe(0)
  await a.accepts()
  await hearEachOther(a, b)

  await other.press('Use here')
  await other.talks()
  await hearEachOther(other, b)
  await a.sees('Your phone is open in another tab')
  await a.currentCall.waitFor({ state: 'detached' })
  await other.press('Hang up')
  await b.ended('They hung up.')

  await b.call('1001')
  await other.incoming.waitFor()
  expect(await a.incoming.count()).toBe(0)
})

test('a tab that is closed leaves the phone to the other one', async () => {
  const a = await lab.page('1001', 'first')
  const other = await secondTab(a, '1001')
  await a.page.close()
  await other.isReady()
})

test('a server that restarts: the page says that it is gone, counts down, and comes back by itself', async () => {
  const a = await lab.page('1001', 'first')
  await lab.engine.stop()
  await a.sees('The server can not be reached')
  await a.page.getByText(/^Offline · \d+ s$/).waitFor()
  const before = await countdown(a)
  await eventually(
    () => countdown(a),
    (left) => left !== before,
  )
  await lab.startAgain()
  await a.isReady(45_000)
  const { body } = await lab.engine.get('/v1/voice/devices')
  expect(body.devices.find((d: Json) => d.username === '1001').contacts).toHaveLength(1)
  await a.call('+15005550140')
  await a.talks()
})

const countdown = (a: PagePhone): Promise<string | null> =>
  a.page.getByRole('status').first().textContent()
