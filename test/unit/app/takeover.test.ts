import { describe, expect, test } from 'vitest'
import { Takeovers } from '../../../engine/app/takeovers.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { ConnectionState } from '../../../engine/core/ports/media.ts'
import type { CallLab } from '../../support/call-lab.ts'
import { hangsUp, twoParties } from './two-parties.ts'

const tune = { kind: 'tone', tone: 'hold' } as const

async function connection(lab: CallLab, id: CallId, state: ConnectionState): Promise<void> {
  lab.media.connection(id, state)
  await lab.settle()
}

async function comes(lab: CallLab, username: string, takeover: string): Promise<CallId> {
  const callId = lab.ports.ids.uuid() as CallId
  const device = await lab.store.devices.byUsername(username)
  lab.sip.incoming({
    ...{ callId, sipCallId: `${username}@new`, from: username, fromName: null, to: username },
    protocol: 'ws',
    source: { kind: 'device', deviceId: device!.id, username },
    sdp: 'v=0 theirs',
    takeover,
  })
  await lab.settle()
  return callId
}

const permit = (lab: CallLab, username: string, id: CallId) =>
  lab.centre.permitTakeover(lab.account.id, username, id)

describe('a call whose browser is gone', () => {
  test('is parked: the other side hears music until it is back', async () => {
    const { lab, caller, callee } = await twoParties()
    await connection(lab, caller, 'lost')
    expect([lab.nowPlaying(callee), lab.nowPlaying(caller)]).toEqual([tune, undefined])
    await connection(lab, caller, 'up')
    expect(lab.nowPlaying(callee)).toBeUndefined()
    expect((await lab.logOf(caller)).slice(-2)).toEqual(['call.parked', 'call.unparked'])
  })

  test('ends when it does not come back', async () => {
    const { lab, caller, callee } = await twoParties()
    await connection(lab, caller, 'lost')
    await lab.clock.advance(59_999)
    expect(lab.calls.get(caller)?.state.at).toBe('up')
    await lab.clock.advance(1)
    await lab.settle()
    expect([lab.calls.get(caller), lab.calls.get(callee)]).toEqual([undefined, undefined])
    expect((await lab.centre.getCall(lab.account.id, caller)).endReason).toBe('media_lost')
  })

  test('is waited for as long as parking lasts, although nothing is heard of it', async () => {
    const { lab, caller } = await twoParties()
    await connection(lab, caller, 'lost')
    lab.media.silence(caller, 'end', 60_000)
    await lab.settle()
    expect(lab.calls.get(caller)?.state.at).toBe('up')
    await connection(lab, caller, 'up')
    lab.media.silence(caller, 'end', 60_000)
    await lab.settle()
    expect(lab.calls.get(caller)).toBeUndefined()
  })

  test('is parked once, and what has come back does not end later', async () => {
    const { lab, caller } = await twoParties()
    await connection(lab, caller, 'lost')
    await connection(lab, caller, 'lost')
    await connection(lab, caller, 'up')
    await lab.clock.advance(120_000)
    await lab.settle()
    expect(lab.calls.get(caller)?.state.at).toBe('up')
    expect((await lab.logOf(caller)).filter((type) => type === 'call.parked')).toHaveLength(1)
  })

  test('that is not answered yet is not parked', async () => {
    const { lab, caller } = await twoParties()
    await hangsUp(lab, caller)
    await connection(lab, caller, 'lost')
    expect(await lab.logOf(caller)).not.toContain('call.parked')
  })
})

describe('a call whose browser has lost us, as the media worker died', () => {
  const noWorker = new Failure('no_media_port', 'The mediasoup worker is not running')
  /** `fails`: what goes wrong at each of the first offers or answers. */
  async function scene(...later: Parameters<typeof of>[1][]) {
    return await of('webrtc', ...later)
  }
  async function of(
    protection: 'webrtc' | 'sdes',
    ...later: { readonly at: 'offer' | 'answer'; readonly error: Failure }[]
  ) {
    const fails: typeof later = []
    const offers: unknown[] = []
    const completed: CallId[] = []
    const parties = await twoParties({
      media: {
        agreedOn: () => ({ codec: 'opus', protection }),
        offer: async (_id, options) => {
          offers.push(options?.iceRestart)
          if (fails[0]?.at === 'offer') throw fails.shift()?.error
          return 'v=0 offer'
        },
        complete: async (id) => {
          completed.push(id)
        },
      },
      sip: {
        reoffer: async (_id, offer) => {
          await offer()
          if (fails[0]?.at === 'answer') throw fails.shift()?.error
          return 'v=0 answer'
        },
      },
    })
    fails.push(...later)
    offers.length = 0
    completed.length = 0
    return { ...parties, offers, completed }
  }

  test('it is parked, and offered the new end', async () => {
    const { lab, caller, callee, offers, completed } = await scene()
    await connection(lab, caller, 'broken')
    expect(offers).toEqual([true])
    expect(completed).toEqual([caller])
    expect(lab.nowPlaying(callee)).toEqual(tune)
    await connection(lab, caller, 'up')
    expect(lab.nowPlaying(callee)).toBeUndefined()
    expect((await lab.logOf(caller)).slice(-2)).toEqual(['call.parked', 'call.unparked'])
  })

  test('as long as there is no other worker it is tried again', async () => {
    const { lab, caller, offers, completed } = await scene(
      { at: 'offer', error: noWorker },
      { at: 'offer', error: noWorker },
    )
    await connection(lab, caller, 'broken')
    expect(offers).toHaveLength(1)
    await lab.clock.advance(2_000)
    await lab.settle()
    expect([offers.length, completed]).toEqual([3, [caller]])
  })

  test('a browser that refuses is asked once, and has its park time', async () => {
    const { lab, caller, offers, completed } = await scene({
      at: 'answer',
      error: new Failure('call_failed', 'the phone refuses: 430'),
    })
    await connection(lab, caller, 'broken')
    await lab.clock.advance(59_999)
    expect([offers.length, completed]).toEqual([1, []])
    expect(lab.calls.get(caller)?.state.at).toBe('up')
    await lab.clock.advance(1)
    await lab.settle()
    expect((await lab.centre.getCall(lab.account.id, caller)).endReason).toBe('media_lost')
  })

  test('a phone has less time: its media thread has died, and nothing of it is heard', async () => {
    const refusal = { at: 'answer', error: new Failure('call_failed', 'no answer') } as const
    const { lab, caller, offers } = await of('sdes', refusal)
    await connection(lab, caller, 'broken')
    await lab.clock.advance(4_999)
    expect([offers.length, lab.calls.get(caller)?.state.at]).toEqual([1, 'up'])
    await lab.clock.advance(1)
    await lab.settle()
    expect((await lab.centre.getCall(lab.account.id, caller)).endReason).toBe('media_lost')
  })

  test('a phone that agrees talks on', async () => {
    const { lab, caller, completed } = await of('sdes')
    await connection(lab, caller, 'broken')
    await connection(lab, caller, 'up')
    await lab.clock.advance(60_000)
    await lab.settle()
    expect(completed).toEqual([caller])
    expect(lab.calls.get(caller)?.state.at).toBe('up')
  })

  test('one that ends meanwhile is left alone', async () => {
    const { lab, caller, offers } = await scene({ at: 'offer', error: noWorker })
    await connection(lab, caller, 'broken')
    await hangsUp(lab, caller)
    await lab.clock.advance(5_000)
    await lab.settle()
    expect(offers).toHaveLength(1)
    expect(lab.clock.pendingTimers).toBe(0)
  })
})

describe('a takeover', () => {
  test.each(['caller', 'callee'] as const)('of the %s: the call goes on there', async (who) => {
    const parties = await twoParties()
    const { lab } = parties
    const id = parties[who]
    const username = who === 'caller' ? '1001' : '1002'
    await connection(lab, id, 'lost')
    lab.commands.length = 0
    await comes(lab, username, permit(lab, username, id).token)
    const mine = who === 'caller' ? 'c1' : 'c2'
    expect(lab.commands).toEqual([
      `sip.takeOver ${mine} c3`,
      `media.adopt ${mine} c3`,
      `sip.accept ${mine}`,
    ])
    expect(lab.calls.get(id)?.state.at).toBe('up')
    expect(lab.nowPlaying(parties[who === 'caller' ? 'callee' : 'caller'])).toBeUndefined()
    expect((await lab.logOf(id)).slice(-2)).toEqual(['call.unparked', 'call.taken-over'])
    await lab.clock.advance(120_000)
    expect(lab.calls.get(id)?.state.at).toBe('up')
  })

  test('is possible while the browser is still there (another tab wants the call)', async () => {
    const { lab, caller } = await twoParties()
    await comes(lab, '1001', permit(lab, '1001', caller).token)
    expect((await lab.logOf(caller)).at(-1)).toBe('call.taken-over')
  })

  test('is over when the token has been used', async () => {
    const { lab, caller } = await twoParties()
    const { token } = permit(lab, '1001', caller)
    await comes(lab, '1001', token)
    lab.commands.length = 0
    await comes(lab, '1001', token)
    expect(lab.commands).toEqual(['sip.reject c4 481'])
  })

  test('by another device is refused, and uses the token up', async () => {
    const { lab, caller } = await twoParties()
    const { token } = permit(lab, '1001', caller)
    await comes(lab, '1003', token)
    await comes(lab, '1001', token)
    expect(lab.commands).toEqual(['sip.reject c3 481', 'sip.reject c4 481'])
  })

  test('comes too late after 30 s, and after the end of the call', async () => {
    const { lab, caller } = await twoParties()
    const late = permit(lab, '1001', caller)
    await lab.clock.advance(30_000)
    await comes(lab, '1001', late.token)
    const ended = permit(lab, '1001', caller)
    await hangsUp(lab, caller)
    await comes(lab, '1001', ended.token)
    expect(lab.commands.filter((line) => line.startsWith('sip.reject'))).toEqual([
      'sip.reject c3 481',
      'sip.reject c4 481',
    ])
  })

  test('with an offer that cannot be used leaves all as it was', async () => {
    let isUsable = true
    const { lab, caller } = await twoParties({
      media: { answer: async () => (isUsable ? 'v=0' : Promise.reject(new Error('no'))) },
    })
    isUsable = false
    await comes(lab, '1001', permit(lab, '1001', caller).token)
    expect(lab.commands).toEqual(['media.close c3', 'sip.reject c3 500'])
    expect(lab.calls.get(caller)?.state.at).toBe('up')
  })

  test('whose caller has given up leaves all as it was', async () => {
    const { lab, caller } = await twoParties({ sip: { takeOver: () => false } })
    await comes(lab, '1001', permit(lab, '1001', caller).token)
    expect(lab.commands).toEqual(['media.close c3', 'sip.reject c3 481'])
  })

  test('of audio that may not be had leaves all as it was', async () => {
    const { lab, caller } = await twoParties()
    const { token } = permit(lab, '1001', caller)
    lab.ports.media.examine = () => {
      throw new Failure('invalid_request', 'no keys')
    }
    await comes(lab, '1001', token)
    expect(lab.commands).toEqual(['sip.reject c3 488'])
    expect(lab.calls.get(caller)?.state.at).toBe('up')
  })

  test('whose call ends meanwhile hangs nobody up twice and leaves no leg', async () => {
    let isSlow = false
    const slow = Promise.withResolvers<void>()
    const { lab, caller } = await twoParties({
      media: { answer: async () => (isSlow ? slow.promise.then(() => 'v=0') : 'v=0') },
    })
    isSlow = true
    await comes(lab, '1001', permit(lab, '1001', caller).token)
    await hangsUp(lab, caller)
    lab.commands.length = 0
    slow.resolve()
    await lab.settle()
    expect(lab.commands).toEqual(['media.close c3', 'sip.reject c3 481'])
  })

  test.each(['caller', 'callee'] as const)(
    'of the %s, given up when its old phone is gone, ends the call',
    async (who) => {
      const slow = Promise.withResolvers<void>()
      const parties = await twoParties({ media: { adopt: () => slow.promise } })
      const { lab } = parties
      const username = who === 'caller' ? '1001' : '1002'
      await comes(lab, username, permit(lab, username, parties[who]).token)
      lab.sip.remoteCancel(parties[who])
      slow.resolve()
      await lab.settle()
      expect(lab.calls.size).toBe(0)
    },
  )

  test('whose leg is lost half-way ends the call', async () => {
    const { lab, caller } = await twoParties({
      media: { adopt: () => Promise.reject(new Error('lost')) },
    })
    await comes(lab, '1001', permit(lab, '1001', caller).token)
    expect(lab.calls.size).toBe(0)
    expect((await lab.centre.getCall(lab.account.id, caller)).endReason).toBe('media_error')
  })

  test('is not permitted for calls of others, or that are not up', async () => {
    const { lab, caller, callee } = await twoParties()
    expect(() => permit(lab, '1001', callee)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
    const nobody = lab.ports.ids.uuid() as CallId
    expect(() => permit(lab, '1001', nobody)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
    await hangsUp(lab, caller)
    expect(() => permit(lab, '1001', caller)).toThrow()
  })
})

test('tokens that nobody used are forgotten', () => {
  const takeovers = new Takeovers()
  const { token } = takeovers.issue('a' as CallId, '1001', 0)
  takeovers.issue('a' as CallId, '1001', 31_000)
  expect(takeovers.redeem(token, '1001', 0)).toBeUndefined()
})
