import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'

let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
})

const number = '+15005550177'
const call = async (...verbs: Verb[]): Promise<CallId> => {
  await lab.addNumber(number, { kind: 'verbs', verbs })
  return lab.incoming(number)
}
const said = (text: string): Verb => ({ verb: 'say', text, answer: false })

describe('a program', () => {
  it('speaks before it answers, by the same SDP', async () => {
    const sdp: string[] = []
    lab = await openCallLab({
      sip: {
        progress: (_id, status, text) => sdp.push(`${status} ${text}`),
        accept: (_id, text) => sdp.push(`200 ${text}`),
      },
    })
    const id = await call(said('please wait'), { verb: 'answer' }, { verb: 'say', text: 'hello' })
    expect(sdp).toEqual(['183 v=0 answer'])
    expect(lab.nowPlaying(id)).toMatchObject({ kind: 'wav' })
    expect((await lab.logOf(id)).includes('call.in-progress')).toBe(false)
    await lab.finishPlay(id)
    expect(sdp).toEqual(['183 v=0 answer', '200 v=0 answer'])
    expect(await lab.logOf(id)).toContain('call.in-progress')
  })

  it('may speak and then decline', async () => {
    const id = await call(said('we are closed'), said('good bye'), {
      verb: 'reject',
      sipStatus: 486,
    })
    expect(lab.commands.filter((one) => one.includes('progress'))).toEqual(['sip.progress c1 183'])
    await lab.finishPlay(id)
    await lab.finishPlay(id)
    expect(lab.commands.filter((one) => one.startsWith('sip.'))).toEqual([
      'sip.progress c1 183',
      'sip.reject c1 486',
    ])
  })

  it('ends with the caller who gives up meanwhile', async () => {
    const id = await call(said('please wait'), { verb: 'say', text: 'hello' })
    lab.sip.remoteCancel(id)
    await lab.settle()
    expect(await lab.logOf(id)).toContain('call.canceled')
    expect(lab.calls.size).toBe(0)
  })
})

describe('somebody who is dialled', () => {
  const dialled: Verb = { verb: 'dial', to: '+61400000009' }
  const other = () => lab.invited[0]!
  const progress = () => lab.commands.filter((one) => one.startsWith('sip.progress'))
  const bridges = () => lab.commands.filter((one) => one.startsWith('media.bridge'))

  it('is heard by an unanswered caller before anybody answers', async () => {
    const id = await call(dialled)
    expect(progress()).toEqual([])
    lab.sip.progress(other(), 183, 'v=0 early')
    await lab.settle()
    // A 180 after it would have the phone play its own ringback.
    lab.sip.progress(other(), 180, undefined)
    await lab.settle()
    expect(progress()).toEqual(['sip.progress c1 183'])
    expect(bridges()).toHaveLength(1)
    expect(lab.commands).not.toContain('sip.accept c1')
    lab.sip.answered(other(), 'v=0', 'x@y')
    await lab.settle()
    expect(lab.commands).toContain('sip.accept c1')
    expect(await lab.logOf(id)).toContain('bridge.started')
  })

  it('comes from where a phone behind a NAT is, also when it has settled all before it answers', async () => {
    const complete = vi.spyOn(lab.ports.media, 'complete')
    await call(dialled)
    lab.sip.progress(other(), 183, 'v=0 early', '192.0.2.1')
    await lab.settle()
    lab.sip.answered(other(), undefined, 'x@y', '192.0.2.1')
    await lab.settle()
    const options = expect.objectContaining({ natSourceAddress: '192.0.2.1' })
    expect(complete.mock.calls).toEqual([[other(), 'v=0 early', options]])
    expect(lab.commands).toContain('sip.accept c1')
  })

  it('is heard instead of our ringback by a caller who is answered', async () => {
    const id = await call({ verb: 'answer' }, dialled)
    expect(lab.nowPlaying(id)).toMatchObject({ tone: 'ringback' })
    lab.sip.progress(other(), 183, 'v=0 early')
    await lab.settle()
    expect(lab.nowPlaying(id)).toBeUndefined()
    expect(bridges()).toHaveLength(1)
    expect(lab.commands.some((one) => one.startsWith('sip.progress'))).toBe(false)
  })

  it('that only rings is not', async () => {
    await call(dialled)
    expect(progress()).toEqual([])
    for (const status of [180, 180]) lab.sip.progress(other(), status, undefined)
    await lab.settle()
    expect(bridges()).toEqual([])
    expect(progress()).toEqual(['sip.progress c1 180'])
  })

  it('that rings first and speaks then is heard from then on', async () => {
    await call(dialled)
    lab.sip.progress(other(), 180, undefined)
    await lab.settle()
    lab.sip.progress(other(), 183, 'v=0 early')
    await lab.settle()
    expect(progress()).toEqual(['sip.progress c1 180', 'sip.progress c1 183'])
    expect(bridges()).toHaveLength(1)
  })

  it.each([
    ['busy', () => lab.sip.rejected(other(), 486, 'Busy')],
    ['answers at once', () => lab.sip.answered(other(), 'v=0', 'x')],
  ])('and is %s without ringing: no 180', async (_, does) => {
    await call(dialled)
    does()
    await lab.settle()
    expect(progress()).toEqual([])
  })

  it('and refuses after an announcement: the program goes on', async () => {
    const id = await call(dialled, said('nobody there'))
    lab.sip.progress(other(), 183, 'v=0 early')
    await lab.settle()
    lab.sip.rejected(other(), 486, 'Busy')
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ kind: 'wav' })
    expect(lab.commands.filter((one) => one === 'sip.progress c1 183')).toHaveLength(1)
  })
})
