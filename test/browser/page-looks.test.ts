/**
 * Every state of the softphone page, judged by axe: on a phone-sized and a desktop-sized screen, light and dark,
 * nothing serious or critical may be found. TEST_PICTURES=<folder> keeps a picture of each.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { lookAt } from './support/look-at.ts'
import { PageLab } from './support/page-lab.ts'
import { PagePhone } from './support/page-phone.ts'
import { leaveVoicemail } from './support/voicemail.ts'

const ringsForever = '+15005550181'
const isBusy = '+15005550180'

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

test('nobody signed in', async () => {
  const a = await lab.open('first')
  const found = await lookAt(a, 'login')
  await a.fillLogin('1001', 'not the password')
  await a.page.getByRole('alert').waitFor()
  found.push(...(await lookAt(a, 'login-wrong')))
  expect(found).toEqual([])
})

test('what is wrong is found', async () => {
  const a = await lab.open('first')
  await a.page.evaluate(() => {
    document.querySelector('h1')?.style.setProperty('color', '#ccc')
    document.querySelector('#password')?.removeAttribute('id')
  })
  const found = await lookAt(a, 'wrong', '')
  expect(found.join()).toMatch(/wrong-wide-light: color-contrast/)
  expect(found.join()).toMatch(/wrong-narrow-dark: label/)
})

test('the five views', async () => {
  const a = await lab.page('1001', 'first')
  const found: string[] = []
  const look = async (state: string) => found.push(...(await lookAt(a, state)))
  await look('keypad')
  await a.numberField.fill('10')
  await a.page.getByRole('list', { name: 'Suggestions' }).getByText('Third').waitFor()
  await look('keypad-typed')
  await a.show('Recents')
  await a.sees('No calls yet')
  await look('recents-empty')
  await a.show('Voicemail')
  await a.sees('No messages')
  await look('voicemail-empty')
  await leaveVoicemail(lab.engine, '1001', 'Please call me back.')
  await a.page.reload()
  await a.isReady()
  await a.sees('Please call me back.')
  await look('voicemail')
  await a.show('Settings')
  await look('settings')
  await a.show('Contacts')
  await a.sees('Third')
  await look('contacts')
  expect(found).toEqual([])
})

test('a call from ringing to its end', async () => {
  const a = await lab.page('1001', 'first')
  const found: string[] = []
  const look = async (state: string) => found.push(...(await lookAt(a, state)))
  await a.call(ringsForever)
  await a.currentCall.getByText(/^Ringing/).waitFor()
  await look('calling')
  await a.press('Hang up')
  await a.ended('Call given up')
  await a.press('Close')
  await a.call(isBusy)
  await a.ended('Busy')
  await look('ended-busy')
  await a.press('Close')

  await a.show('Settings')
  await a.press('Make a test call')
  await a.talks()
  await a.button(/connection$/).waitFor()
  await look('talking')
  for (const panel of ['Digits', 'Volume', 'Transfer']) {
    await a.press(panel)
    await look(panel.toLowerCase())
    await a.press(panel)
  }
  await a.press(/connection$/)
  await look('quality')
  await a.press(/connection$/)
  await a.press('Mute')
  await look('muted')
  await a.press('Hold')
  await a.button('Resume').waitFor()
  await look('held')
  await a.press('Hang up')
  await a.ended('Call ended')
  await a.show('Recents')
  await look('recents')
  expect(found).toEqual([])
})

test('calls that come in, and several at once', async () => {
  const [a, c] = await Promise.all([lab.page('1001', 'first'), lab.sdk('1003', 'second')])
  const found: string[] = []
  const look = async (state: string) => found.push(...(await lookAt(a, state)))
  await c.connect('1001')
  await a.incoming.waitFor()
  await look('incoming')
  await a.press('Decline')
  await c.sees('call1 disconnect')
  await a.call('+15005550140')
  await a.talks()
  await c.connect('1001')
  await a.incoming.waitFor()
  await look('incoming-second')
  await a.press('Hold and accept')
  await a.talks()
  await look('two-calls')
  await a.press('Merge calls')
  await a.currentCall.getByText(/^Conference/).waitFor()
  await look('merged')
  await c.do('hangup')
  // what is open on the card goes with it
  await a.currentCall.getByText(/^Conference/).waitFor({ state: 'hidden' })
  await a.talks()
  await a.press('Transfer')
  await a.page.getByLabel('Transfer to', { exact: true }).fill('1003')
  await a.press('Ask first')
  await c.sees('incoming', 1)
  await c.do('accept')
  await a.page.getByRole('region', { name: 'Consultation' }).waitFor()
  await a.talks()
  await look('consultation')
  expect(found).toEqual([])
})

test('what can be wrong', async () => {
  const deaf = await Chromium.start({ deniesMicrophone: true })
  stops.push(() => deaf.stop())
  const a = await PagePhone.open(deaf, lab.engine)
  await a.signIn(lab.engine, '1001')
  await a.call('+15005550140')
  await a.sees('The microphone is blocked')
  const found = await lookAt(a, 'no-microphone')
  const other = await a.anotherTab()
  await other.signInElsewhere(lab.engine, '1001')
  found.push(...(await lookAt(other, 'other-tab')))
  await lab.engine.stop()
  await a.sees('The server can not be reached')
  found.push(...(await lookAt(a, 'server-gone')))
  await lab.startAgain()
  expect(found).toEqual([])
})
