/** What is heard in a browser: a recording, in the console and by a link without signing in; voices and prompts. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { aMinuteOf } from '../support/spoken-wav.ts'
import { builtPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'
import { ConsolePage } from './support/console-page.ts'
import { lookAt } from './support/look-at.ts'

let engine: EngineProcess
let chromium: Chromium
/** Of a call that was masked for a while, and then on hold. */
let recording: Json
const opened: ConsolePage[] = []

beforeAll(async () => {
  await builtPage()
  ;[engine, chromium] = await Promise.all([startEngine(), Chromium.start()])
  recording = await recorded()
})
afterEach(async () => {
  const pages = opened.splice(0)
  await Promise.all(pages.map(({ context }) => context.close()))
  expect(pages.flatMap(({ complaints }) => complaints)).toEqual([])
})
afterAll(async () => {
  await chromium.stop()
  await engine.stop()
  engine.removeData()
})

async function open(): Promise<ConsolePage> {
  const page = await ConsolePage.open(chromium, engine)
  opened.push(page)
  return page
}

async function asked(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
  const answer = await engine.send(method, path, body)
  expect([path, answer.status, answer.status < 300]).toEqual([path, answer.status, true])
  return answer.body
}

async function recorded(): Promise<Json> {
  const verbs = [
    { verb: 'say', text: 'Good morning. This call is recorded, so that we have it to look at.' },
    { verb: 'pause', length: 30 },
  ]
  const { id } = await asked('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100', verbs },
  })
  const statusOf = async () => (await asked('GET', `/v1/voice/calls/${id}`)).status
  await eventually(statusOf, (status) => status === 'in-progress')
  const steps = [
    ['recording', { action: 'start' }, 1_500],
    ['recording', { action: 'mask' }, 600],
    ['recording', { action: 'resume' }, 300],
    ['hold', undefined, 500],
    ['unhold', undefined, 400],
  ] as const
  for (const [path, body, ms] of steps) {
    await asked('POST', `/v1/voice/calls/${id}/${path}`, body)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  await asked('DELETE', `/v1/voice/calls/${id}`)
  const made = async () => (await asked('GET', `/v1/voice/recordings?call_id=${id}`)).recordings[0]
  return eventually(made, (one) => one?.status === 'completed')
}

const place = (page: ConsolePage) =>
  page.page.getByRole('slider', { name: 'Place in the recording' })

/** That many pixels of it are drawn. */
const drawn = (page: ConsolePage) =>
  page.page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('canvas.wave-canvas')
    const image = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height)
    return image ? image.data.filter((value, i) => i % 4 === 3 && value > 0).length : 0
  })

test('in the console: found in the list, heard, moved in by keys, handed on', async () => {
  const console = await open()
  const { page } = console
  await console.signIn(engine.apiKey)
  await console.show('Recordings')
  const rows = page.getByRole('table', { name: 'Recordings' })
  await rows.getByText('completed').waitFor()
  await page.getByLabel('Length').selectOption({ label: 'over 1 h' })
  await page.getByText('No recordings').waitFor()
  expect(await lookAt(console, 'recordings-none')).toEqual([])
  await page.getByLabel('Length').selectOption({ label: 'all' })
  await rows.getByRole('link').first().waitFor()
  expect(await lookAt(console, 'recordings')).toEqual([])
  await rows.getByRole('link').first().click()
  await place(console).waitFor()
  await expect.poll(() => drawn(console)).toBeGreaterThan(500)
  await page.getByRole('button', { name: 'Put on hold' }).waitFor()
  expect(await page.locator('.wave-span.masked').count()).toBe(1)
  expect(await lookAt(console, 'recording')).toEqual([])
  expect(await console.tooWide()).toBeLessThanOrEqual(0)

  await place(console).focus()
  await page.keyboard.press('End')
  const length = Number(await place(console).getAttribute('aria-valuemax'))
  await expect.poll(() => place(console).getAttribute('aria-valuenow')).toBe(String(length))
  await page.keyboard.press('Home')
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Play' }).waitFor()
  await page.getByLabel('Speed').selectOption('2.5')

  await console.press('Make a link')
  const link = await page.getByText(/\/listen\/[\w-]{96}$/).textContent()
  expect(link).toContain(engine.httpUrl)
})

test('voices are heard, and a sound is uploaded, heard and deleted', async () => {
  const console = await open()
  const { page } = console
  await console.signIn(engine.apiKey)
  await console.show('Voices')
  await page.getByLabel('Name or language').fill('German')
  const voice = page.getByRole('table', { name: 'Voices' }).getByRole('row').nth(1)
  await voice.getByText('German').waitFor()
  expect(await lookAt(console, 'voices')).toEqual([])
  await console.press(`Hear ${await voice.getByRole('cell').first().textContent()}`)
  await voice.getByRole('button', { name: /^Stop/ }).waitFor()

  await console.show('Prompts')
  await page.getByText('No sounds yet').waitFor()
  expect(await lookAt(console, 'prompts-none')).toEqual([])
  await console.press('Upload a sound')
  await page.getByLabel('File').setInputFiles({
    ...{ name: 'Opening hours.wav', mimeType: 'audio/wav' },
    buffer: aMinuteOf(new Int16Array(8_000).fill(9_000)),
  })
  await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('opening-hours')
  expect(await lookAt(console, 'prompts-upload')).toEqual([])
  await console.press('Upload', console.dialog)
  const row = console.row('Prompts', 'opening-hours')
  await row.getByText('prompt:opening-hours').waitFor()
  expect(await lookAt(console, 'prompts')).toEqual([])
  await console.press('Hear opening-hours')
  await row.getByRole('button', { name: 'Stop opening-hours' }).waitFor()
  await console.press('Delete opening-hours')
  await console.press('Delete', console.dialog)
  await page.getByText('No sounds yet').waitFor()
})

test('a link opens the page without a key, and no more of the engine', async () => {
  const { page_url } = await asked('POST', `/v1/voice/recordings/${recording.id}/links`, {
    ttl: 600,
  })
  const shared = await open()
  const { page } = shared
  await page.goto(page_url)
  await place(shared).waitFor()
  await page.getByText('This link is good until').waitFor()
  await expect.poll(() => drawn(shared)).toBeGreaterThan(500)
  expect(await lookAt(shared, 'recording-shared')).toEqual([])
  await isHeard(shared)
  await asked('DELETE', '/v1/voice/recording-links')
  await page.reload()
  await page.getByText('This link leads nowhere any more').waitFor()
  expect(await lookAt(shared, 'recording-gone')).toEqual([])
})

async function isHeard(shared: ConsolePage): Promise<void> {
  await shared.press('Play')
  const at = async () => Number(await place(shared).getAttribute('aria-valuenow'))
  await expect.poll(at).toBeGreaterThan(0)
}
