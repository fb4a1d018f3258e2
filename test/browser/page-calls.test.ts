/** Calls with the softphone page, as its user makes them: two browsers, what each hears, and every button of a call. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { eventually } from '../support/engine-process.ts'
import type { BrowserPhone } from './support/browser-phone.ts'
import { PageLab, voiceHz } from './support/page-lab.ts'
import type { PagePhone } from './support/page-phone.ts'
import { toneShare } from './support/tone-share.ts'

const echo = '+15005550140'

let lab: PageLab
beforeAll(async () => {
  lab = await PageLab.start()
  await lab.engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'Third' })
})
afterEach(() => lab.clear())
afterAll(() => lab.stop())

const hearEachOther = (a: PagePhone, b: PagePhone): Promise<unknown> =>
  Promise.all([a.hearsTone(voiceHz.second), b.hearsTone(voiceHz.first)])

describe('two pages', () => {
  test('one calls, the other rings and accepts, both hear each other, and one hangs up', async () => {
    const [a, b] = await lab.pair()
    await a.call('1002')
    await b.incoming.getByText('1001').first().waitFor()
    expect(await b.page.title()).toContain('is calling')
    await a.currentCall.getByText(/^Ringing/).waitFor()
    await eventually(
      () => b.sounds(1000),
      (ringing) => rmsDbfs(ringing) > -45,
    )
    await b.accepts()
    await a.talks()
    await hearEachOther(a, b)
    await eventually(
      () => b.sounds(1000),
      (stillRinging) => rmsDbfs(stillRinging) < -70,
    )
    await a.currentCall.getByText(/^\d+:\d\d$/).waitFor()
    await a.press('Hang up')
    await a.ended('Call ended')
    await b.ended('They hung up.')
    expect(await b.page.title()).toBe('Ringdown phone')
  })

  test('mute is silence at the other side, and ends', async () => {
    const [a, b] = await lab.talking()
    await b.hearsTone(voiceHz.first)
    await a.press('Mute')
    await a.sees('Your microphone is muted')
    await b.hearsWhat((pcm) => rmsDbfs(pcm) < -70)
    expect(await a.button('Unmute').getAttribute('aria-pressed')).toBe('true')
    await a.press('Unmute')
    await b.hearsTone(voiceHz.first)
  })

  test('hold gives the other side music, and ends', async () => {
    const [a, b] = await lab.talking()
    await hearEachOther(a, b)
    await a.press('Hold')
    await a.currentCall.getByText(/^On hold/).waitFor()
    await b.hearsMusic(voiceHz.first)
    await a.press('Resume')
    await a.talks()
    await hearEachOther(a, b)
  })

  test('an incoming call that is declined: the caller is told, and no call is left', async () => {
    const [a, b] = await lab.pair()
    await a.call('1002')
    await b.press('Decline')
    await a.ended('Declined')
    await b.incoming.waitFor({ state: 'detached' })
    expect(await b.currentCall.count()).toBe(0)
  })

  test('a call that was given up is missed, stands in Recents, and is called back from there', async () => {
    const [a, b] = await lab.pair()
    await a.call('1002')
    await b.incoming.waitFor()
    await a.press('Hang up')
    await b.ended('Missed call')
    await b.page.getByRole('link', { name: 'Recents 1 missed' }).click()
    await b.page.getByRole('link', { name: 'Recents', exact: true }).waitFor()
    const row = b.page.getByRole('listitem').filter({ hasText: 'Missed' })
    await row.first().waitFor()
    await row
      .first()
      .getByRole('button', { name: /^Call .+ again$/ })
      .click()
    await a.accepts()
    await b.talks()
    await a.press('Hang up')
    await a.show('Recents')
    await a.page.getByRole('listitem').filter({ hasText: 'Given up' }).first().waitFor()
    await a.page
      .getByRole('listitem')
      .filter({ hasText: /Incoming, \d/ })
      .first()
      .waitFor()
  })
})

describe('a page and a phone without one', () => {
  const third = (): Promise<BrowserPhone> => lab.sdk('1003', 'second')

  test('digits by click and by keyboard arrive, each once', async () => {
    const [a, c] = await Promise.all([lab.page('1001', 'first'), third()])
    await a.call('1003')
    await c.sees('incoming')
    await c.do('accept')
    await a.talks()
    await a.press('Digits')
    const pad = a.page.getByRole('group', { name: 'Digits to send' })
    await pad.getByRole('button', { name: /^5/ }).click()
    await a.page.keyboard.type('9#')
    await a.page.getByRole('status', { name: 'Digits sent' }).getByText('59#').waitFor()
    await c.sees('call1 digit', 3)
    const digits = await c.page.evaluate(() =>
      globalThis.testPhone.seen
        .filter(({ what }) => what === 'call1 digit')
        .map((one) => one.detail),
    )
    expect(digits.join('')).toBe('59#')
  })

  test('a blind transfer: the two others talk, and the page says that it is done', async () => {
    const [a, b] = await lab.talking()
    const c = await third()
    await a.press('Transfer')
    await a.page.getByLabel('Transfer to', { exact: true }).fill('1003')
    await a.press('Transfer now')
    await c.sees('incoming')
    await c.do('accept')
    await a.sees('Transferred')
    await a.ended('Call ended')
    await Promise.all([b.hearsTone(voiceHz.second), c.hearsTone(voiceHz.second)])
  })

  test('a transfer after a word with the third: music for the one who waits, then the two others talk', async () => {
    const [a, b] = await lab.talking()
    const c = await third()
    await hearEachOther(a, b)
    await a.press('Transfer')
    await a.page.getByLabel('Transfer to', { exact: true }).fill('1003')
    await a.press('Ask first')
    await c.sees('incoming')
    await c.do('accept')
    await a.talks()
    await Promise.all([c.hearsTone(voiceHz.first), b.hearsMusic(voiceHz.first)])
    const consultation = a.page.getByRole('region', { name: 'Consultation' })
    await consultation.getByRole('button', { name: 'Complete transfer' }).click()
    await a.sees('Transferred')
    await a.currentCall.waitFor({ state: 'detached' })
    await Promise.all([b.hearsTone(voiceHz.second), c.hearsTone(voiceHz.second)])
  })

  test('a second call while talking: hold and accept, swap, merge, end one', async () => {
    const [a, b] = await lab.talking()
    const c = await third()
    await c.connect('1001')
    await a.incoming.waitFor()
    await a.press('Hold and accept')
    const others = a.page.getByRole('region', { name: 'Other calls' })
    await others.getByText(/^On hold/).waitFor()
    await a.talks()
    await c.sees('call1 accept')
    await Promise.all([c.hearsTone(voiceHz.first), b.hearsMusic(voiceHz.first)])

    await others.getByRole('button', { name: 'Swap' }).click()
    await b.hearsTone(voiceHz.first)
    await others.getByText('Third').waitFor()
    await c.hearsMusic(voiceHz.first)

    await a.press('Merge calls')
    await a.currentCall.getByText(/^Conference/).waitFor()
    // Of the two tones that reach them each is a good part: the first browser's, and that of the other call.
    const hearsBoth = (pcm: Int16Array): boolean =>
      [voiceHz.first, voiceHz.second].every((hz) => toneShare(pcm, hz) > 0.1)
    await Promise.all([b.hearsWhat(hearsBoth), c.hearsWhat(hearsBoth)])

    await others.getByRole('button', { name: /^Hang up on Third/ }).click()
    expect(await c.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
    await hearEachOther(a, b)
  })

  test('a second call while talking, declined: its caller is told, the first goes on', async () => {
    const [a, b] = await lab.talking()
    const c = await third()
    await c.connect('1001')
    await a.incoming.waitFor()
    await a.press('Decline')
    expect(await c.sees('call1 disconnect')).toMatchObject({ sipStatus: 603 })
    await hearEachOther(a, b)
  })
})

describe('the lab', () => {
  test('a test call from Settings comes back as an echo', async () => {
    const a = await lab.page('1001', 'first')
    await a.show('Settings')
    await a.press('Make a test call')
    await a.talks()
    await a.hearsTone(voiceHz.first)
    await a.press('Hang up')
    await a.ended('Call ended')
  })

  test('of a call that fails the page says why', async () => {
    const a = await lab.page('1001', 'first')
    for (const [number, words] of [
      ['+15005550180', 'Busy'],
      ['+15005550182', 'Declined'],
      ['+15005550183', 'Unknown number'],
      ['+15005550184', 'Out of service'],
    ] as const) {
      await a.call(number)
      await a.ended(words)
      await a.press('Close')
    }
  })

  test('how good the call is stands in words and figures', async () => {
    const a = await lab.page('1001', 'first')
    await a.call(echo)
    await a.talks()
    await a.press(/connection$/)
    const quality = a.page.getByRole('region', { name: 'Call quality' })
    for (const figure of ['Score (MOS)', 'Loss', 'Jitter', 'Round trip']) {
      await quality.getByText(figure, { exact: true }).waitFor()
    }
    await quality.getByText(/^(?:opus|PCMU)$/i).waitFor()
  })
})
