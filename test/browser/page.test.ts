/** The softphone page and its user: signing in, dialling, lists, settings, microphones, the keyboard alone. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Json } from '../support/engine-process.ts'
import { Chromium } from './support/chromium.ts'
import { PageLab, voiceHz } from './support/page-lab.ts'
import { PagePhone } from './support/page-phone.ts'
import { leaveVoicemail } from './support/voicemail.ts'

let lab: PageLab
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  lab = await PageLab.start()
  await lab.engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'Third' })
})
afterEach(async () => {
  await lab.clear()
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(() => lab.stop())

const deviceOf = async (user: string): Promise<Json> =>
  (await lab.engine.get('/v1/voice/devices')).body.devices.find((d: Json) => d.username === user)

describe('signing in', () => {
  test('with name and password; it survives a reload, and ends with Sign out', async () => {
    const a = await lab.page('1001', 'first')
    expect((await deviceOf('1001')).contacts).toMatchObject([{ transport: 'ws' }])
    await a.page.reload()
    await a.isReady()
    await a.press('Sign out')
    await a.page.getByLabel('Password').waitFor()
    await eventually(
      async () => (await deviceOf('1001')).contacts,
      (contacts) => contacts.length === 0,
    )
    await a.page.reload()
    await a.page.getByLabel('Password').waitFor()
  })

  test('a wrong password is said in clear words, and nothing is kept of it', async () => {
    const a = await lab.open('first')
    await a.fillLogin('1001', 'not the password')
    await a.page.getByRole('alert').getByText('Wrong name or password').waitFor()
    const kept = await a.page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    )
    expect(kept).not.toContain('not the password')
    expect(a.page.url()).not.toContain('password')
    await a.signIn(lab.engine, '1001')
  })
})

describe('the dial pad', () => {
  test('by mouse and by keyboard; letters stand on the keys', async () => {
    const a = await lab.page('1001', 'first')
    const pad = a.page.getByRole('group', { name: 'Dial pad' })
    await pad.getByRole('button', { name: '2 ABC' }).click()
    await pad.getByRole('button', { name: '7 PQRS' }).click()
    await pad.getByRole('button', { name: '9 WXYZ' }).click()
    expect(await a.numberField.inputValue()).toBe('279')
    await a.page.keyboard.type('0*#')
    expect(await a.numberField.inputValue()).toBe('2790*#')
    await a.page.keyboard.press('Backspace')
    await a.press('Delete last digit')
    expect(await a.numberField.inputValue()).toBe('2790')
  })

  test('a long press on 0 is a plus', async () => {
    const a = await lab.page('1001', 'first')
    await a.page.getByRole('button', { name: /^0/ }).click({ delay: 700 })
    expect(await a.numberField.inputValue()).toBe('+')
  })

  test('with keys alone: a name is typed, called, and hung up', async () => {
    const a = await lab.page('1001', 'first')
    await tabTo(a, 'Number or name')
    await a.page.keyboard.type('+15005550140')
    await a.page.keyboard.press('Enter')
    await a.talks()
    await tabTo(a, 'Hang up')
    await a.page.keyboard.press('Enter')
    await a.ended('Call ended')
  })

  test('with keys alone: a call that rings is accepted and declined', async () => {
    const [a, c] = await Promise.all([lab.page('1001', 'first'), lab.sdk('1003', 'second')])
    await c.connect('1001')
    await a.incoming.waitFor()
    await tabTo(a, 'Accept')
    await a.page.keyboard.press('Enter')
    await a.talks()
    await tabTo(a, 'Hang up')
    await a.page.keyboard.press('Space')
    await c.sees('call1 disconnect')
    await c.connect('1001')
    await a.incoming.waitFor()
    await a.page.keyboard.press('Alt+d')
    expect(await c.sees('call2 disconnect')).toMatchObject({ sipStatus: 603 })
  })
})

describe('lists', () => {
  test('contacts show who can be called, and follow it', async () => {
    const a = await lab.page('1001', 'first')
    await a.show('Contacts')
    const third = a.page.getByRole('listitem').filter({ hasText: 'Third' })
    await third.getByText('Offline').waitFor()
    const c = await lab.sdk('1003', 'second')
    await third.getByText('Available').waitFor()
    await third.getByRole('button', { name: 'Call Third' }).click()
    await c.sees('incoming')
    await third.getByText('Ringing').waitFor()
    await c.do('accept')
    await third.getByText('On a call').waitFor()
    await a.press('Hang up')
    await third.getByText('Available').waitFor()
    await c.page.evaluate(() => globalThis.testPhone.device.unregister())
    await third.getByText('Offline').waitFor()
    await a.page.getByRole('searchbox', { name: 'Search contacts' }).fill('nobody at all')
    await a.page.getByText(/^Nobody fits/).waitFor()
  })

  test('recents and voicemail say that there is nothing yet', async () => {
    const a = await lab.page('1002', 'second')
    await a.show('Recents')
    await a.sees('No calls yet')
    await a.show('Voicemail')
    await a.sees('No messages')
  })

  test('a message shows up with its length and transcript, is heard, and can be deleted', async () => {
    await leaveVoicemail(lab.engine, '1002', 'Please call me back.')
    const a = await lab.page('1002', 'second')
    await a.page.getByRole('link', { name: /^Voicemail.*1 new/ }).click()
    const message = a.page.getByRole('listitem').filter({ hasText: 'Third' })
    await message.getByText('Please call me back.').waitFor()
    await message.getByText(/0:07/).waitFor()
    await message.getByRole('button', { name: 'Listen' }).click()
    const player = message.getByLabel(/^Message from/)
    await eventually(
      () => player.evaluate((audio: HTMLAudioElement) => audio.currentTime),
      (playedS) => playedS > 0.5,
    )
    await a.page.getByRole('link', { name: 'Voicemail', exact: true }).waitFor()
    await message.getByRole('button', { name: 'Speed: 1 times' }).click()
    expect(await player.evaluate((audio: HTMLAudioElement) => audio.playbackRate)).toBe(1.25)
    await message.getByRole('button', { name: /^Delete message from/ }).click()
    await a.sees('No messages')
    await a.page.getByRole('button', { name: 'Deleted' }).click()
    await message.getByRole('button', { name: /^Restore message from/ }).click()
    await a.sees('No messages')
    await a.page.getByRole('button', { name: /^Saved/ }).click()
    await message.getByRole('button', { name: 'Listen' }).waitFor()
    await message.getByRole('button', { name: /^Delete message from/ }).click()
    await a.page.getByRole('button', { name: 'Deleted' }).click()
    await message.getByRole('button', { name: /for good$/ }).click()
    await a.sees('No messages')
  })
})

describe('the microphone', () => {
  test.each([
    [{ deniesMicrophone: true }, 'The microphone is blocked'],
    [{ withoutMicrophone: true }, 'No microphone found'],
  ])('with %o: clear words, and no call', async (options, words) => {
    const chromium = await Chromium.start(options)
    stops.push(() => chromium.stop())
    const a = await PagePhone.open(chromium, lab.engine)
    await a.signIn(lab.engine, '1001')
    const before = (await lab.engine.get('/v1/voice/calls')).body.total
    await a.call('+15005550140')
    await a.sees(words)
    expect(await a.currentCall.count()).toBe(0)
    expect((await lab.engine.get('/v1/voice/calls')).body.total).toBe(before)
  })
})

describe('settings', () => {
  test('are kept over a reload', async () => {
    const a = await lab.page('1001', 'first')
    await a.show('Settings')
    const ring = a.page.getByRole('slider', { name: 'Ring' })
    await ring.fill('35')
    await a.page.getByRole('switch', { name: /^Echo cancellation/ }).setChecked(true)
    await a.page.getByRole('radio', { name: 'Dark' }).check({ force: true })
    await a.page.reload()
    await a.isReady()
    expect(await ring.inputValue()).toBe('35')
    expect(await a.page.getByRole('switch', { name: /^Echo cancellation/ }).isChecked()).toBe(true)
    expect(await a.page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true)
  })

  test('the page is light or dark as the system is, until one is chosen', async () => {
    const a = await lab.page('1001', 'first')
    await a.page.emulateMedia({ colorScheme: 'light' })
    const light = await brightness(a)
    await a.page.emulateMedia({ colorScheme: 'dark' })
    const dark = await brightness(a)
    expect(light).toBeGreaterThan(0.8)
    expect(dark).toBeLessThan(0.2)
    await a.show('Settings')
    await a.page.getByRole('radio', { name: 'Light' }).check({ force: true })
    expect(await brightness(a)).toBe(light)
  })

  test('microphone and speaker can be chosen, and a meter moves with the voice', async () => {
    const a = await lab.page('1001', 'first')
    await a.show('Settings')
    await a.press('Test microphone')
    const meter = a.page.getByLabel('Level of the microphone')
    await eventually(
      () => meter.evaluate((one: HTMLMeterElement) => one.value),
      (level) => level > 0.1,
    )
    await a.press('Stop')
    for (const name of ['Microphone', 'Speaker']) {
      const choice = a.page.getByRole('combobox', { name, exact: true })
      await choice.getByRole('option').nth(1).waitFor({ state: 'attached' })
      await choice.selectOption({ index: 1 })
      expect(await choice.inputValue()).not.toBe('')
    }
    await a.show('Keypad')
    await a.call('+15005550140')
    await a.talks()
    await a.hearsTone(voiceHz.first)
  })
})

/** Presses Tab until that has the focus. */
async function tabTo({ page }: PagePhone, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const { activeElement: at } = document
      return at?.getAttribute('aria-label') ?? at?.textContent?.trim()
    })
    if (focused === name) return
  }
  throw new Error(`Tab did not come to "${name}"`)
}

/** Of the page's ground: 0 black, 1 white. */
function brightness({ page }: PagePhone): Promise<number> {
  return page.evaluate(() => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d')
    if (pen === null) throw new Error('no canvas')
    pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor
    pen.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data
    return (red + green + blue) / (3 * 255)
  })
}
