/** The page of a conference: what it shows, what its buttons do, and that 250 members do not make it work in vain. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Failure } from '../../engine/core/failures.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { ours } from '../unit/api/api-lab.ts'
import { Chromium } from './support/chromium.ts'
import { lookAt } from './support/look-at.ts'
import { RoomLab } from './support/room-lab.ts'

let browser: Chromium
let lab: RoomLab
let engine: EngineProcess | undefined
beforeAll(async () => {
  browser = await Chromium.start()
})
afterEach(async () => {
  await Promise.all(browser.browser.contexts().map((context) => context.close()))
  await lab?.api.close()
  await engine?.stop()
  engine?.removeData()
  engine = undefined
})
afterAll(() => browser.stop())

const room = async (count: number, path?: string, key?: string): Promise<Page> => {
  lab = await RoomLab.start(count)
  return lab.open(browser, path, key)
}
const tile = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name })
const tiles = (page: Page) => page.getByRole('list').getByRole('listitem')
const wasAsked = (name: string) =>
  expect.poll(() => lab.api.conferences.asked.map(({ what }) => what)).toContain(name)

test('news of 250 members touch the tiles that they name, and levels those that are seen', async () => {
  const page = await room(250)
  await expect.poll(() => page.locator('li.member').count()).toBe(250)
  await page.evaluate(() => {
    const touched = { tiles: new Set<string>(), attributes: new Set<string>(), added: 0 }
    Object.assign(globalThis, { touched })
    new MutationObserver((records) => {
      for (const { target, attributeName, addedNodes } of records) {
        const element = target instanceof Element ? target : target.parentElement
        touched.tiles.add(element?.closest('li')?.dataset['id'] ?? '')
        if (attributeName !== null) touched.attributes.add(attributeName)
        touched.added += addedNodes.length
      }
    }).observe(document.querySelector('#members') as Element, {
      ...{ subtree: true, childList: true, attributes: true, characterData: true },
    })
  })
  const touched = () =>
    page.evaluate(() => {
      const { tiles, attributes, added } = (globalThis as unknown as { touched: Touched }).touched
      const copy = { tiles: [...tiles], attributes: [...attributes], added }
      tiles.clear()
      attributes.clear()
      return copy
    })
  lab.hear(lab.members.map(({ callId }) => ({ callId, levelDb: -20, speaking: false })))
  await expect.poll(async () => page.locator('.meter i[style]').count()).toBeGreaterThan(8)
  const levels = await touched()
  expect(levels.attributes).toEqual(['style'])
  expect(levels.tiles.length).toBeLessThan(60)
  const last = lab.members.at(-1) ?? (await lab.join(250))
  const { conferences } = lab.api
  await conferences.changeParticipant(ours.id, lab.id, last.callId, { muted: true })
  await expect.poll(() => page.locator('li.member .chip').count()).toBe(1)
  expect((await touched()).tiles).toEqual([last.callId])
  // what was heard while nobody saw it is drawn once somebody does
  await page.locator('li.member').last().scrollIntoViewIfNeeded()
  await expect.poll(() => page.locator('li.member').last().locator('i[style]').count()).toBe(1)
})

interface Touched {
  readonly tiles: Set<string>
  readonly attributes: Set<string>
  readonly added: number
}

test('who comes, goes, speaks and is the loudest', async () => {
  const page = await room(1)
  await tile(page, 'Member 0').waitFor()
  const second = await lab.join(1)
  const third = await lab.join(2)
  await expect.poll(() => tiles(page).count()).toBe(3)
  lab.hear([{ callId: third.callId, levelDb: -12, speaking: true }])
  await page.locator('li.speaking', { hasText: 'Member 2' }).waitFor()
  const now = await lab.api.conferences.get(ours.id, lab.id)
  const conference = { ...now, activeSpeaker: third.callId }
  lab.api.conferences.tell(lab.id, { is: 'conference', conference })
  await page.getByText('Loudest: Member 2').waitFor()
  await page.getByText('3 of 250').waitFor()
  await page.getByLabel('Find a member').fill('member 0')
  await expect.poll(() => tiles(page).count()).toBe(1)
  await page.getByLabel('Find a member').fill('nobody')
  await page.getByText('Nobody here is called that.').waitFor()
  await page.getByLabel('Find a member').fill('')
  await lab.api.conferences.kick(ours.id, lab.id, second.callId)
  await expect.poll(() => tiles(page).count()).toBe(2)
})

test('what the buttons do, by keyboard too', async () => {
  const page = await room(3)
  const press = (name: string) => page.getByRole('button', { name, exact: true })
  await press('Mute Member 0').focus()
  await page.keyboard.press('Enter')
  await tile(page, 'Member 0').getByText('Muted').waitFor()
  expect(lab.asked).toEqual({ what: 'changeParticipant', request: { muted: true } })
  expect(await press('Mute Member 0').getAttribute('aria-pressed')).toBe('true')
  await press('Hold Member 0').click()
  await tile(page, 'Member 0').getByText('On hold').waitFor()
  await press('Lock').click()
  await press('Unlock').waitFor()
  await press('Record').click()
  await wasAsked('startRecording')
  await page.getByLabel('Say to everybody').fill('Hello')
  await press('Say').first().click()
  await wasAsked('play')
  expect(lab.asked).toEqual({ what: 'play', request: { text: 'Hello' } })
  await expect.poll(() => page.getByLabel('Say to everybody').inputValue()).toBe('')
  await page.getByLabel('Invite').fill('1001')
  await page.getByLabel('Caller ID').fill('+15005550000')
  await press('Call').click()
  await tile(page, '1001').waitFor()
  await page.getByRole('status').getByText('1001 is called').waitFor()
  await tile(page, '1001').getByText('Calling').waitFor()
  expect(await page.getByLabel('Caller ID').inputValue()).toBe('+15005550000')
  await press('Hang up Member 2').click()
  await expect.poll(() => tile(page, 'Member 2').count()).toBe(0)
  page.once('dialog', (dialog) => void dialog.accept())
  await press('End for everybody').click()
  await page.getByText('This conference is over').waitFor()
  await page.getByText('ended by the API or by this page').waitFor()
})

test('the dialog of a member', async () => {
  const page = await room(3)
  await page.getByRole('button', { name: 'More Member 0' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Heard by one only').selectOption({ label: 'Member 2' })
  const coach = lab.members[2]?.callId
  await expect.poll(() => lab.asked).toMatchObject({ request: { coaching: coach } })
  await dialog.getByLabel('Private talk with').selectOption({ label: 'Member 2' })
  await expect
    .poll(() => lab.asked)
    .toMatchObject({ request: { privateWith: coach, coaching: null } })
  await dialog.getByLabel('Label').fill('Ana')
  await dialog.getByLabel('Label').press('Tab')
  await dialog.getByRole('heading', { name: 'Ana' }).waitFor()
  await dialog.getByLabel('How loud others hear').fill('-10')
  await expect.poll(() => lab.asked).toMatchObject({ request: { volumeDb: -10 } })
  await dialog.getByLabel('Say to this member').fill('Only you')
  await dialog.getByRole('button', { name: 'Say' }).click()
  const to = lab.members[0]?.callId
  await expect.poll(() => lab.asked).toEqual({ what: 'play', request: { text: 'Only you', to } })
  await page.keyboard.press('Escape')
  await expect.poll(() => dialog.count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('More')
})

test('nobody hears what is said into an empty room; all are muted but moderators', async () => {
  const page = await room(0)
  await page.getByText('Nobody is here. Invite').waitFor()
  await page.getByLabel('Say to everybody').fill('Hello')
  await page.getByRole('button', { name: 'Say', exact: true }).first().click()
  await page.getByRole('status').getByText('Nobody is here who could hear it').waitFor()
  expect(lab.api.conferences.asked.map(({ what }) => what)).not.toContain('play')
  expect(await page.getByRole('button', { name: 'Mute all' }).isDisabled()).toBe(true)
  for (let i = 0; i < 20; i++) await lab.join(i)
  const [first] = lab.members
  if (!first) throw new Error('nobody has come')
  await lab.api.conferences.changeParticipant(ours.id, lab.id, first.callId, { moderator: true })
  await tile(page, 'Member 0').getByText('Moderator').waitFor()
  await expect.poll(() => tiles(page).count()).toBe(20)
  await page.getByRole('button', { name: 'Mute all' }).click()
  await page.getByRole('status').getByText('19 members are muted').waitFor()
  await expect.poll(() => page.locator('li.unheard').count()).toBe(19)
  await page.getByRole('button', { name: 'Unmute all' }).click()
  await expect.poll(() => page.locator('li.unheard').count()).toBe(0)
})

test('on a small screen members come before what can be done', async () => {
  const page = await room(2)
  await tile(page, 'Member 0').waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByLabel('Invite').waitFor({ state: 'hidden' })
  const box = await page.locator('li.member').first().boundingBox()
  expect(box?.y).toBeLessThan(500)
  await page.getByText('Invite, record, lock').click()
  await page.getByLabel('Invite').waitFor()
})

test('what is refused is told', async () => {
  const page = await room(1)
  await page.getByLabel('Invite').fill('1001')
  await page.getByLabel('Caller ID').fill('1')
  lab.api.conferences.refuse = new Failure('conference_locked', 'The conference is locked')
  await page.getByRole('button', { name: 'Call', exact: true }).click()
  await page.getByRole('alert').getByText('The conference is locked').waitFor()
  expect(await page.getByLabel('Invite').inputValue()).toBe('1001')
})

test('no such conference; no such key', async () => {
  const page = await room(0, '/conferences/11111111-2222-4333-8444-555555555555')
  await page.getByText('There is no such conference.').waitFor()
  const other = await lab.open(browser, undefined, 'sk_wrong')
  await other.getByText('The API key is not valid').waitFor()
  await other.getByLabel('API key').waitFor()
})

test('axe finds nothing in any state', async () => {
  const page = await room(0)
  await page.getByText('Nobody is here.').waitFor()
  const found = await lookAt({ page }, 'conference-empty')
  for (let i = 0; i < 5; i++) await lab.join(i)
  const [first, second] = lab.members
  if (!first || !second) throw new Error('nobody has come')
  const { conferences } = lab.api
  await conferences.changeParticipant(ours.id, lab.id, first.callId, {
    muted: true,
    priority: true,
  })
  lab.hear([{ callId: second.callId, levelDb: -12, speaking: true }])
  await page.locator('li.speaking').waitFor()
  found.push(...(await lookAt({ page }, 'conference')))
  await page.getByRole('button', { name: 'More Member 0' }).click()
  found.push(...(await lookAt({ page }, 'conference-member')))
  await page.keyboard.press('Escape')
  await conferences.end(ours.id, lab.id)
  await page.getByText('This conference is over').waitFor()
  found.push(...(await lookAt({ page }, 'conference-over')))
  const list = await lab.open(browser, '/conferences')
  await list.getByRole('link', { name: 'Monday' }).waitFor()
  found.push(...(await lookAt({ page: list }, 'conferences')))
  expect(found).toEqual([])
})

test('a real room: opened on the page, called into, heard, muted, recorded and ended; then the engine goes and comes', async () => {
  engine = await startEngine()
  const { httpUrl, apiKey } = engine
  const context = await browser.browser.newContext()
  await context.addInitScript((text) => sessionStorage.setItem('ringdown.key', text), apiKey)
  const page = await context.newPage()
  await page.goto(`${httpUrl}/conferences`)
  await page.getByLabel('Name').fill('Real')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await page.getByRole('heading', { name: 'Real' }).waitFor()
  expect(await page.getByLabel('Caller ID').inputValue()).toBe('+15005550100')
  for (const number of ['+15005550130', '+15005550140']) {
    await page.getByLabel('Invite').fill(number)
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await tile(page, number).waitFor()
  }
  await page.getByRole('status').getByText('+15005550140 is here').waitFor()
  await page.getByLabel('Invite').fill('+15005550180')
  await page.getByRole('button', { name: 'Call', exact: true }).click()
  await page.getByRole('status').getByText('+15005550180 is busy').waitFor()
  await page.locator('li.speaking', { hasText: '+15005550130' }).waitFor()
  await page.getByText('Loudest: +').waitFor()
  await page.getByRole('button', { name: 'Mute +15005550130' }).click()
  await tile(page, '+15005550130').getByText('Muted').waitFor()
  await page.getByRole('button', { name: 'Record', exact: true }).click()
  await page.getByText('● Recording').waitFor()
  await page.getByRole('button', { name: 'Pause recording', exact: true }).click()
  await page.getByText('Recording paused').waitFor()
  await page.getByRole('button', { name: 'Resume recording', exact: true }).click()
  await page.getByText('● Recording').waitFor()
  await page.getByRole('button', { name: 'Stop recording', exact: true }).click()
  await page.getByText('● Recording').waitFor({ state: 'hidden' })
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download Everybody' }).click()
  const file = await readFile(await (await saving).path())
  expect([file.toString('latin1', 0, 4), file.length > 2_000]).toEqual(['RIFF', true])
  page.once('dialog', (dialog) => void dialog.accept())
  await page.getByRole('button', { name: 'End for everybody' }).click()
  await page.getByText('This conference is over').waitFor()
  await page.goto(`${httpUrl}/conferences`)
  await page.getByRole('link', { name: 'Real' }).waitFor()
  await page.getByRole('link', { name: 'Real' }).click()
  await page.getByText('This conference is over').waitFor()
  const other = await engine.send('POST', '/v1/voice/conferences')
  await page.goto(`${httpUrl}/conferences/${other.body.id}`)
  await page.getByText('Nobody is here.').waitFor()
  await engine.stop()
  await page.getByText('No connection to the engine').waitFor()
  const port = { RINGDOWN_HTTP_PORT: `${engine.httpPort}` }
  engine = await startEngine(port, engine.dataDir)
  await page.getByText('No connection to the engine').waitFor({ state: 'hidden' })
  // it still waits for its first member
  await page.getByLabel('Invite').fill('+15005550140')
  await page.getByRole('button', { name: 'Call', exact: true }).click()
  await page.getByRole('status').getByText('+15005550140 is here').waitFor()
  await page.getByText('Loudest: +').waitFor()
  await engine.stop('SIGKILL')
  await page.getByText('No connection to the engine').waitFor()
  engine = await startEngine(port, engine.dataDir)
  await page.getByText('The engine was started again.').waitFor()
})
