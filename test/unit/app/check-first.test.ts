import { describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { BoxId, CallId } from '../../../engine/core/ids.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { openCallLab, ownNumber } from '../../support/call-lab.ts'
import { settle } from '../../support/virtual-clock.ts'

const call = (verbs: readonly Verb[]) => ({
  to: '+61498765432',
  from: ownNumber,
  checkFirst: true,
  verbs,
})

describe('what verbs need is looked at before anybody is called', () => {
  const refusals: readonly [string, Verb, string][] = [
    ['a prompt that is none', { verb: 'play', url: 'https://x.example/no.wav' }, 'invalid_audio'],
    ['a text that can not be spoken', { verb: 'say', text: 'no' }, 'invalid_request'],
    ['a device that is not there', { verb: 'dial', to: 'nobody' }, 'not_found'],
    ['a box that is not there', { verb: 'voicemail', box: 'VM0000000001' as BoxId }, 'not_found'],
    ['the box of a device that is not there', { verb: 'voicemail', device: 'no' }, 'not_found'],
    ['a device that is off', { verb: 'dial', to: 'off' }, 'device_not_registered'],
  ]
  const inside = (verb: Verb): Verb => ({ verb: 'gather', branches: { '1': [verb] } })

  test.each([
    ...refusals,
    ...refusals.map(([what, verb, code]) => [`${what}, in a branch`, inside(verb), code] as const),
  ])('%s', async (_what, verb, code) => {
    const lab = await openCallLab()
    lab.ports.web.prompt = async () => {
      throw new Failure('invalid_audio', 'no WAV')
    }
    lab.ports.speech.check = () => {
      throw new Failure('invalid_request', 'not speakable')
    }
    await lab.addDevice('off', false)
    const placing = lab.centre.placeCall(lab.account, call([verb]))
    await expect(placing).rejects.toMatchObject({ code })
    expect(lab.calls.size).toBe(0)
    expect(lab.commands).toEqual([])
  })

  test('slow prompts are waited for side by side, each once; the first bad one of the list is told', async () => {
    const lab = await openCallLab()
    const asked: string[] = []
    const waiting = new Map<string, PromiseWithResolvers<never>>()
    lab.ports.web.prompt = (url) => {
      asked.push(url)
      const answer = Promise.withResolvers<never>()
      waiting.set(url, answer)
      return answer.promise
    }
    const url = (n: number) => `https://slow.example/${n}.wav`
    const plays = [1, 2, 2, 3].map((n): Verb => ({ verb: 'play', url: url(n) }))
    const placing = lab.centre.placeCall(lab.account, call(plays))
    const refused = expect(placing).rejects.toThrow('the second')
    await settle()
    expect(asked).toEqual([1, 2, 3].map(url))
    waiting.get(url(3))?.reject(new Failure('invalid_audio', 'the third'))
    waiting.get(url(2))?.reject(new Failure('invalid_audio', 'the second'))
    await settle()
    expect(lab.calls.size).toBe(0)
    waiting.get(url(1))?.resolve({} as never)
    await refused
    expect(lab.commands).toEqual([])
  })

  test('no voice at all', async () => {
    const lab = await openCallLab()
    lab.ports.speech.unavailableBecause = () => 'no voice is installed'
    const placing = lab.centre.placeCall(lab.account, call([{ verb: 'say', text: 'hi' }]))
    await expect(placing).rejects.toMatchObject({ code: 'speech_unavailable' })
    expect(lab.calls.size).toBe(0)
  })

  test.each<Verb>([
    { verb: 'play', url: 'http://10.0.0.1/x.wav' },
    { verb: 'park', musicUrl: 'http://10.0.0.1/x.wav' },
    { verb: 'redirect', url: 'http://10.0.0.1/x' },
    { verb: 'say', text: '<speak>', markup: 'ssml' },
  ])('what can be told from the verb alone is looked at unasked: %j', async (verb) => {
    const lab = await openCallLab()
    const refused = new Failure('url_not_allowed', 'not this one')
    lab.ports.web.checkUrl = () => {
      throw refused
    }
    lab.ports.web.checkPromptUrl = lab.ports.web.checkUrl
    lab.ports.speech.check = () => {
      throw refused
    }
    for (const verbs of [[verb], [inside(verb)]]) {
      const placing = lab.centre.placeCall(lab.account, { ...call(verbs), checkFirst: false })
      await expect(placing).rejects.toBe(refused)
    }
    expect(lab.calls.size).toBe(0)
  })

  test.each<Verb>([
    { verb: 'play', url: 'https://app.example/x.wav' },
    { verb: 'park', musicUrl: 'https://app.example/x.wav' },
    { verb: 'park', musicUrl: 'music:nothing' },
    {
      ...{ verb: 'conference', name: 'x', options: {} },
      room: { waitMusic: 'https://app.example/x.wav' },
    },
  ])(
    'sounds are fetched unasked, and nobody is called for one that is not there: %j',
    async (verb) => {
      const lab = await openCallLab()
      lab.ports.web.prompt = async () => {
        throw new Failure('url_unreachable', 'not there')
      }
      const placing = lab.centre.placeCall(lab.account, { ...call([verb]), checkFirst: false })
      await expect(placing).rejects.toMatchObject({ code: 'url_unreachable' })
      expect(lab.calls.size).toBe(0)
    },
  )

  test('a sound without which the list goes on is no reason not to call', async () => {
    const lab = await openCallLab()
    lab.ports.web.prompt = async () => {
      throw new Failure('url_unreachable', 'not there')
    }
    const verb: Verb = { verb: 'play', url: 'https://app.example/x.wav', onFailure: 'next' }
    await lab.centre.placeCall(lab.account, { ...call([verb]), checkFirst: false })
    expect(lab.calls.size).toBe(1)
  })

  test('without being asked a call is made, and its program fails', async () => {
    const lab = await openCallLab()
    const request = { ...call([{ verb: 'dial', to: 'nobody' }]), checkFirst: false }
    await lab.centre.placeCall(lab.account, request)
    expect(lab.calls.size).toBe(1)
  })
})

describe('waiting for the answer', () => {
  async function waiting() {
    const lab = await openCallLab()
    const { id } = await lab.centre.placeCall(lab.account, { to: '+61498765432', from: ownNumber })
    await lab.settle()
    return { lab, id, answer: lab.centre.untilAnswered(lab.account.id, id) }
  }

  test('ends when the call is up', async () => {
    const { lab, id, answer } = await waiting()
    lab.sip.answered(id, 'v=0', 'x')
    expect(await answer).toMatchObject({ id, status: 'in-progress' })
    expect((await lab.centre.untilAnswered(lab.account.id, id)).status).toBe('in-progress')
  })

  test('ends when the call is over, with how it ended', async () => {
    const { lab, id, answer } = await waiting()
    lab.sip.rejected(id, 486, 'Busy Here')
    expect(await answer).toMatchObject({ status: 'busy', endReason: 'busy' })
    expect((await lab.centre.untilAnswered(lab.account.id, id)).status).toBe('busy')
  })

  test('is not for a call of nobody', async () => {
    const { lab } = await waiting()
    const unknown = '11111111-2222-4333-8444-555555555555' as CallId
    const asked = lab.centre.untilAnswered(lab.account.id, unknown)
    await expect(asked).rejects.toMatchObject({ code: 'not_found' })
  })
})
