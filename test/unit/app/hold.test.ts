import { describe, expect, test } from 'vitest'
import { holdCall } from '../../../engine/app/hold.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, CallId } from '../../../engine/core/ids.ts'
import type { CallLab } from '../../support/call-lab.ts'
import { hangsUp, twoParties } from './two-parties.ts'

const hold = (lab: CallLab, id: CallId, held = true) =>
  holdCall(lab.ports, lab.calls, lab.account.id, id, held)

const tune = { kind: 'tone', tone: 'hold' } as const

async function byPhone(lab: CallLab, id: CallId, held: boolean): Promise<void> {
  lab.media.held(id, held)
  await lab.settle()
}

describe('a phone that holds', () => {
  test('lets the other hear music until it comes back', async () => {
    const { lab, caller, callee } = await twoParties()
    await byPhone(lab, caller, true)
    expect([lab.nowPlaying(callee), lab.nowPlaying(caller)]).toEqual([tune, undefined])
    await byPhone(lab, caller, false)
    expect(lab.nowPlaying(callee)).toBeUndefined()
    expect((await lab.logOf(caller)).slice(-2)).toEqual(['call.held', 'call.resumed'])
    const events = await lab.store.events.ofCall(lab.account.id, caller)
    expect(events.at(-1)).toMatchObject({ data: { by: 'remote' } })
    // The bridge was there all the time.
    expect(lab.commands.filter((line) => line.includes('bridge'))).toEqual([])
  })

  test('and the other one too: both hear music, each until the other is back', async () => {
    const { lab, caller, callee } = await twoParties()
    await byPhone(lab, caller, true)
    await byPhone(lab, callee, true)
    expect([lab.nowPlaying(caller), lab.nowPlaying(callee)]).toEqual([tune, tune])
    await byPhone(lab, caller, false)
    expect([lab.nowPlaying(caller), lab.nowPlaying(callee)]).toEqual([tune, undefined])
    await byPhone(lab, callee, false)
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('says so once, however often it offers', async () => {
    const { lab, caller } = await twoParties()
    await byPhone(lab, caller, true)
    await byPhone(lab, caller, true)
    expect((await lab.logOf(caller)).filter((type) => type === 'call.held')).toHaveLength(1)
    expect(lab.commands).toEqual(['media.play c2 hold'])
  })

  test('plays the music of the operator, or ours where that is no sound', async () => {
    const sound = { kind: 'music', name: 'x', tracks: ['/music.wav'] } as const
    const music = { classes: () => [], named: () => undefined, usual: () => sound }
    const { lab, caller, callee } = await twoParties()
    Object.assign(lab.ports, { music })
    await byPhone(lab, caller, true)
    expect(lab.nowPlaying(callee)).toEqual(sound)
    const broken = await twoParties({
      media: {
        play: async (_id, sound) => {
          if (sound.kind === 'music') throw new Failure('invalid_audio', 'no')
          played.push(sound.kind)
          return 'finished'
        },
      },
    })
    const played: string[] = []
    Object.assign(broken.lab.ports, { music })
    await byPhone(broken.lab, broken.caller, true)
    expect(played).toEqual(['tone'])
  })

  test('and hangs up: the end is as ever', async () => {
    const { lab, caller, callee } = await twoParties()
    await byPhone(lab, caller, true)
    await hangsUp(lab, caller)
    expect(lab.calls.size).toBe(0)
    expect((await lab.logOf(callee)).at(-1)).toBe('call.completed')
  })
})

describe('hold by the API', () => {
  test('offers sendonly, plays music, and takes both back', async () => {
    const { lab, caller } = await twoParties()
    await hold(lab, caller)
    expect(lab.commands).toEqual([
      'media.offer c1 sendonly',
      'sip.reoffer c1',
      'media.complete c1',
      'media.play c1 hold',
    ])
    await hold(lab, caller)
    expect(lab.commands).toHaveLength(4)
    await hold(lab, caller, false)
    expect(lab.commands.slice(4)).toEqual([
      'media.offer c1 sendrecv',
      'sip.reoffer c1',
      'media.complete c1',
    ])
    expect(lab.nowPlaying(caller)).toBeUndefined()
    const events = await lab.store.events.ofCall(lab.account.id, caller)
    expect(events.slice(-2).map(({ type, data }) => [type, data])).toEqual([
      ['call.held', { by: 'api' }],
      ['call.resumed', { by: 'api' }],
    ])
  })

  test('that the phone refuses changes nothing', async () => {
    const { lab, caller } = await twoParties({
      sip: { reoffer: () => Promise.reject(new Failure('call_failed', '488')) },
    })
    await expect(hold(lab, caller)).rejects.toMatchObject({ code: 'call_failed' })
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect(lab.commands).toEqual([])
    expect(await lab.logOf(caller)).not.toContain('call.held')
  })

  test('and unhold at once come one after the other', async () => {
    const { lab, caller } = await twoParties()
    await Promise.all([hold(lab, caller), hold(lab, caller, false)])
    expect(lab.commands.filter((line) => line.startsWith('media.offer'))).toEqual([
      'media.offer c1 sendonly',
      'media.offer c1 sendrecv',
    ])
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('of what cannot be held', async () => {
    const { lab, caller } = await twoParties()
    const stranger = 'x' as AccountId
    await expect(holdCall(lab.ports, lab.calls, stranger, caller, true)).rejects.toMatchObject({
      code: 'not_found',
    })
    const { id } = await lab.centre.placeCall(lab.account, {
      to: '+61498765432',
      from: '+15005550100',
    })
    await expect(hold(lab, id)).rejects.toMatchObject({ code: 'call_not_answered' })
    await hangsUp(lab, caller)
    await expect(hold(lab, caller)).rejects.toMatchObject({ code: 'call_ended' })
  })

  test('a recording goes on', async () => {
    const { lab, caller } = await twoParties()
    await hold(lab, caller)
    expect(lab.commands.some((line) => line.startsWith('media.stopRecording'))).toBe(false)
  })
})

/** A leg that is closed is opened again by an offer or an answer, and nobody closes it then. */
describe('after the end of a call no port is opened for it', () => {
  const opened: string[] = []
  const closing = {
    media: {
      answer: async () => `${opened.push('answer')}`,
      close: () => new Promise<never>(() => {}),
    },
  }

  test('when its phone offers', async () => {
    const { lab, caller } = await twoParties(closing)
    opened.length = 0
    await hangsUp(lab, caller)
    expect(lab.calls.get(caller)?.state.at).toBe('ended')
    await expect(lab.sip.renegotiate(caller, 'v=0 theirs', 'udp')).rejects.toMatchObject({
      code: 'call_ended',
    })
    expect(opened).toEqual([])
  })

  test('when its turn to be held comes', async () => {
    const turn = Promise.withResolvers<void>()
    const { lab, caller } = await twoParties({
      sip: {
        reoffer: async (_id, offer) => {
          await turn.promise
          return offer()
        },
      },
    })
    const holding = hold(lab, caller)
    await lab.settle()
    await hangsUp(lab, caller)
    turn.resolve()
    await expect(holding).rejects.toMatchObject({ code: 'call_ended' })
    expect(lab.commands).not.toContainEqual(expect.stringMatching(/^media.offer/))
  })
})
