import { describe, expect, test } from 'vitest'
import { chromiumOffer } from './sdp-of-others.ts'
import { browser, linesOf, phone, session, text, webRtcEnd } from './sdp-scene.ts'

const uri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
const audio = 'm=audio 4000 RTP/AVP 0'

describe('the header extension with the loudness (RFC 6464)', () => {
  test('is agreed on under the number of the offer; we only take it', () => {
    const { sdp, agreement } = session().answer(text(audio, `a=extmap:5 ${uri} vad=on`), phone)
    expect(linesOf(sdp, 'a=extmap')).toEqual([`a=extmap:5/recvonly ${uri}`])
    expect(agreement.audioLevelExtension).toBe(5)
  })

  test('is not named to who does not name it', () => {
    const { sdp, agreement } = session().answer(text(audio), phone)
    expect(linesOf(sdp, 'a=extmap')).toEqual([])
    expect(agreement.audioLevelExtension).toBeUndefined()
  })

  test.each([0, 15, 4096])('is not taken under the number %i', (number) => {
    const { agreement } = session().answer(text(audio, `a=extmap:${number} ${uri}`), phone)
    expect(agreement.audioLevelExtension).toBeUndefined()
  })

  test('is in offers of ours, and in later ones under the number that it has', () => {
    const ours = session()
    expect(linesOf(ours.offer(phone), 'a=extmap')).toEqual([`a=extmap:2/recvonly ${uri}`])
    const answer = text(audio, `a=extmap:2/sendonly ${uri}`)
    expect(ours.complete(answer).audioLevelExtension).toBe(2)
    const other = session()
    other.answer(text(audio, `a=extmap:7 ${uri}`), phone)
    expect(linesOf(other.offer(phone), 'a=extmap')).toEqual([`a=extmap:7/recvonly ${uri}`])
    expect(other.complete(text(audio)).audioLevelExtension).toBeUndefined()
  })

  test('goes to the media thread with what the browser is known by', () => {
    const ours = session({ webrtc: true })
    const { agreement } = ours.answer(chromiumOffer, browser)
    const { protection } = agreement
    expect(agreement.audioLevelExtension).toBe(1)
    expect(protection).toMatchObject({ kind: 'webrtc', peer: { audioLevelExtension: 1 } })
  })

  test('never has the number of the mid in an offer to a browser', () => {
    const offer = session({ webrtc: true }).offer({ webrtc: webRtcEnd() })
    expect(linesOf(offer, 'a=extmap')).toEqual([`a=extmap:2/recvonly ${uri}`])
    const unnamed = chromiumOffer.split('\r\n').filter((line) => !/^a=(ssrc|extmap:1)/.test(line))
    const ours = session({ webrtc: true })
    ours.answer(
      unnamed
        .join('\r\n')
        .replace('a=extmap:4', 'a=extmap:2')
        .replace('a=extmap:2 http', 'a=extmap:9 http'),
      browser,
    )
    const numbers = linesOf(ours.offer(browser), 'a=extmap').map((line) => /\d+/.exec(line)?.[0])
    expect(numbers).toHaveLength(2)
    expect(new Set(numbers).size).toBe(2)
  })
})
