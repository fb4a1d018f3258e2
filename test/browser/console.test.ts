/** The console of the operator and of an account holder, in a browser over a whole engine. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { builtPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'
import { ConsolePage } from './support/console-page.ts'
import { lookAt, pictures } from './support/look-at.ts'
import { leaveVoicemail } from './support/voicemail.ts'

type Looks = Parameters<typeof lookAt>[3]

let engine: EngineProcess
let chromium: Chromium
let receiver: Server
/** What it answers to webhooks. */
let status = 500
const opened: ConsolePage[] = []

beforeAll(async () => {
  await builtPage()
  receiver = createServer((request, response) => {
    request.resume()
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  const settings = { RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' }
  ;[engine, chromium] = await Promise.all([startEngine(settings), Chromium.start()])
})
afterEach(async () => {
  const pages = opened.splice(0)
  await Promise.all(pages.map(({ context }) => context.close()))
  expect(pages.flatMap(({ complaints }) => complaints)).toEqual([])
})
afterAll(async () => {
  await chromium.stop()
  await engine.stop()
  receiver.close()
  engine.removeData()
})

async function open(): Promise<ConsolePage> {
  const page = await ConsolePage.open(chromium, engine)
  opened.push(page)
  return page
}

async function made(path: string, body: unknown): Promise<Json> {
  const answer = await engine.send('POST', path, body)
  expect([path, answer.status < 300]).toEqual([path, true])
  return answer.body
}

test('a wrong key is refused in words; the right one stays good after a reload', async () => {
  const console = await open()
  const { page } = console
  await page.getByLabel('API key').fill('sk_live_wrong')
  await console.press('Sign in')
  await page.getByRole('alert').getByText('not valid').waitFor()
  expect(await fits(console, 'gate')).toEqual([])
  await console.signIn(engine.apiKey)
  await page.reload()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.goto(`${engine.httpUrl}/calls/00000000-0000-4000-8000-000000000000`)
  await page.getByText('There is no such call').waitFor()
  const room = await made('/v1/voice/conferences', { friendly_name: 'Monday' })
  await page.goto(`${engine.httpUrl}/conferences/${room.id}`)
  await page.getByRole('heading', { name: 'Monday' }).waitFor()
  await page.goto(`${engine.httpUrl}/console`)
  await console.press('Sign out')
  await page.getByLabel('API key').waitFor()
  await page.reload()
  await page.getByLabel('API key').waitFor()
})

test('a call is there when it begins, is held, recorded and hung up, and is shown on one clock', async () => {
  const console = await open()
  const { page } = console
  await console.signIn(engine.apiKey)
  await console.show('Live calls')
  await page.getByText('No calls now').waitFor()
  const verbs = [
    { verb: 'say', text: 'Good morning to all of you.' },
    { verb: 'pause', length: 60 },
  ]
  const call = { to: '+15005550140', from: '+15005550100', verbs }
  const { id } = await made('/v1/voice/calls', call)
  const row = console.row('Live calls', '+15005550140')
  await row.getByText('in-progress').waitFor()
  await row.getByRole('link', { name: 'Open' }).click()
  await console.press('Record')
  await console.press('Hold')
  await page.getByText('held', { exact: true }).waitFor()
  await console.press('Resume')
  await console.press('Hold')
  await console.press('End recording')
  const controls = page.getByRole('group', { name: 'Control this call' })
  await console.press('Hang up', controls)
  await console.press('Hang up', console.dialog)
  await page.getByText('completed', { exact: true }).waitFor()
  await expect.poll(() => controls.count()).toBe(0)

  const drawing = page.getByRole('group', { name: 'The call over time' })
  const player = page.locator('audio')
  const isReady = () => player.evaluate((audio: HTMLAudioElement) => audio.duration > 0)
  await expect.poll(isReady).toBe(true)
  await drawing.locator('.seek').click()
  const place = await player.evaluate(
    (audio: HTMLAudioElement) => audio.currentTime / audio.duration,
  )
  expect(place).toBeCloseTo(0.5, 1)
  await drawing.locator('.head').waitFor({ state: 'attached' })
  await drawing
    .getByRole('button', { name: /INVITE/ })
    .first()
    .press('Enter')
  await page
    .getByRole('region', { name: 'SIP message' })
    .getByText(/^INVITE sip:/)
    .waitFor()
  expect((await engine.get(`/v1/voice/calls/${id}`)).body.status).toBe('completed')
  expect(await fits(console, 'call')).toEqual([])
  // The drawing is wider than a phone; its player is not.
  await page.setViewportSize({ width: 360, height: 740 })
  expect(
    (await page.getByLabel('The recording', { exact: true }).boundingBox())?.width,
  ).toBeLessThan(340)
})

test('a key is made, shown once, and revoked; a number is refused in words and then taken', async () => {
  const console = await open()
  const { page, dialog } = console
  await console.signIn(engine.apiKey)
  await console.show('API keys')
  await console.press('Make a key')
  await dialog.getByLabel('Name').fill('reports')
  await dialog.getByLabel('read', { exact: true }).check()
  await console.press('Make a key', dialog)
  const key = await dialog.locator('code').textContent()
  const ask = () =>
    fetch(`${engine.httpUrl}/v1/voice/calls`, { headers: { 'x-api-key': key ?? '' } })
  expect((await ask()).status).toBe(200)
  await console.press('Close', dialog)
  await console.row('API keys', 'reports').getByText('read').waitFor()
  await offersNothing(key ?? '')
  await console.press('Revoke reports')
  await console.press('Revoke', dialog)
  await expect.poll(() => console.row('API keys', 'reports').count()).toBe(0)
  expect((await ask()).status).toBe(401)

  await console.show('Numbers')
  await console.press('Add a number')
  await dialog.getByLabel('Number (needed)').fill('five')
  await dialog.getByLabel('User name of the device').fill('1001')
  await console.press('Add a number', dialog)
  await dialog.getByRole('alert').getByText('E.164').waitFor()
  await dialog.getByLabel('Number (needed)').fill('+15005550107')
  await console.press('Add a number', dialog)
  await console.row('Numbers', '+15005550107').getByText('rings 1001').waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

/** A key that may look sees what is there, and no button that would be refused. */
async function offersNothing(key: string): Promise<void> {
  const console = await open()
  await console.signIn(key)
  const titles = await console.rail.getByRole('link').allTextContents()
  expect(titles.filter((title) => ['Accounts', 'Trunks', 'Rates', 'Bans'].includes(title))).toEqual(
    [],
  )
  for (const title of ['API keys', 'Numbers', 'Devices']) {
    await console.show(title)
    await console.page.getByRole('table', { name: title }).waitFor()
    const buttons = console.page.getByRole('main').getByRole('button')
    expect(await buttons.allTextContents(), title).toEqual([])
  }
}

test('what was given up is sent again', async () => {
  const { port } = receiver.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/events`
  const console = await open()
  await console.signIn(engine.apiKey)
  await console.show('Webhooks')
  await console.press('Add a webhook')
  await console.dialog.getByLabel('URL').fill(url)
  await console.dialog.getByLabel('Events').fill('call.completed')
  await console.press('Add a webhook', console.dialog)
  await console.press('Close', console.dialog)
  const { webhooks } = (await engine.get('/v1/voice/webhooks')).body
  const { id, events } = webhooks.find((one: Json) => one.url === url)
  expect(events).toEqual(['call.completed'])
  await made(`/v1/voice/webhooks/${id}/test`, {})
  const deliveries = async () =>
    (await engine.get('/v1/voice/webhooks/deliveries')).body.deliveries as Json[]
  await eventually(deliveries, ([first]) => first?.attempts > 0)
  await engine.send('PATCH', `/v1/voice/webhooks/${id}`, { enabled: false })
  await engine.send('PATCH', `/v1/voice/webhooks/${id}`, { enabled: true })
  status = 200
  await console.show('Deliveries')
  const row = console.row('Deliveries', 'webhook.test')
  await row.getByText('dead').waitFor()
  await console.page.route(/webhooks\/deliveries/, async (route) => {
    const answer = await route.fetch()
    const { deliveries: rows } = (await answer.json()) as Json
    const last_error = '10.0.0.1 is not a public address, and here are more words of that. '.repeat(
      2,
    )
    const json = {
      deliveries: rows.map((one: Json) => ({ ...one, answer_status: null, last_error })),
    }
    await route.fulfill({ response: answer, json })
  })
  await row.getByText('is not a public address').waitFor()
  expect(await console.tooWide(), 'a long error').toBe(0)
  const address = await console.page.locator('td[data-title="To"]').first().boundingBox()
  expect(address?.width).toBeGreaterThan(100)
  await console.page.unroute(/webhooks\/deliveries/)
  await console.press('Send again', row)
  await row.getByText('delivered').waitFor()
  await console.press('Details', row)
  await console.dialog.getByText(url).waitFor()
})

test('each page can be read by everybody, at any width; an account holder has none of the operator', async () => {
  const { account, key } = await made('/v1/voice/accounts', { name: 'Harbour Realty' })
  await engine.send('PUT', '/v1/voice/billing', { account_id: account.id, billing: 'prepaid' })
  const topUp = { account_id: account.id, amount: '50', reference: 'payment-1' }
  await made('/v1/voice/top-ups', topUp)
  const queue = await made('/v1/voice/queues', { name: 'support', agents: [{ target: '1001' }] })
  const desk = { name: 'Front desk', pin: '4711', devices: ['1001'] }
  const box = await made('/v1/voice/voicemail-boxes', desk)
  await leaveVoicemail(engine, '1001', 'Please call me back.')
  const console = await open()
  await console.signIn(engine.apiKey)
  const findings: string[] = []
  const titles = await console.rail.getByRole('link').allTextContents()
  expect(titles).toContain('Accounts')
  const pages = [`queues/${queue.id}`, `accounts/${account.id}`, `voicemail/${box.id}`]
  for (const title of titles) {
    await console.show(title)
    findings.push(...(await fits(console, title, ['narrow-dark'])))
  }
  for (const hash of pages) {
    await console.page.goto(`${engine.httpUrl}/console#/${hash}`)
    await console.page.getByRole('heading', { name: /support|Harbour Realty|Front desk/ }).waitFor()
    findings.push(...(await fits(console, hash)))
  }
  expect(findings).toEqual([])
  await console.press('Set the greeting: When busy')
  await console.press('Close', console.dialog)
  const message = console.row('Messages, new', 'Please call me back.')
  await console.press('Save', message)
  await message.waitFor({ state: 'detached' })
  await console.press('Saved (1)')
  await console.row('Messages, saved', 'Please call me back.').waitFor()

  const holder = await open()
  await holder.signIn(key.key)
  const theirs = await holder.rail.getByRole('link').allTextContents()
  expect(theirs).toContain('Balance')
  expect(theirs.filter((title) => ['Accounts', 'Trunks', 'Rates', 'Bans'].includes(title))).toEqual(
    [],
  )
  await holder.page.goto(`${engine.httpUrl}/console#/accounts`)
  await holder.page.getByText('There is no such page').waitFor()
  await holder.show('Balance')
  await holder.page.getByText('AUD 50.00').first().waitFor()
  await engine.send('PATCH', `/v1/voice/accounts/${account.id}`, { status: 'suspended' })
  await holder.page.reload()
  await holder.page.getByText('This account is suspended').waitFor()
})

/** What axe finds, and whether the page is wider than a phone. */
async function fits(
  console: ConsolePage,
  name: string,
  looks: Looks = ['narrow-dark', 'wide-light'],
): Promise<string[]> {
  const state = `console-${name.replace(/\W.*/, '')}`
  const findings = await lookAt(console, state, pictures, looks)
  await console.page.setViewportSize({ width: 390, height: 844 })
  const tooWide = await console.tooWide()
  await console.page.setViewportSize({ width: 1280, height: 800 })
  return tooWide > 0 ? [...findings, `${name} is ${tooWide} px too wide`] : findings
}
