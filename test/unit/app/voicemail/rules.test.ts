/** Calls that a device or a number does not take go where its rules say. */

import { describe, expect, test } from 'vitest'
import { formFields } from '../../../../engine/app/call-fields.ts'
import type { ForwardingRules } from '../../../../engine/core/forwarding.ts'
import type { CallId, NumberId } from '../../../../engine/core/ids.ts'
import type { NumberRoute } from '../../../../engine/core/ports/store.ts'
import { type CallLab, jsonAnswer, openCallLab } from '../../../support/call-lab.ts'
import { boxFor } from '../../../support/left-voicemail.ts'

const number = '+15005550160'
const greeting = expect.stringContaining('is not available')
const busyGreeting = expect.stringContaining('on another call')
const box = { kind: 'voicemail', box: 'own' } as const

interface Rules {
  readonly device?: ForwardingRules
  readonly number?: ForwardingRules
  readonly registered?: boolean
  readonly route?: NumberRoute
}

async function called({ device, number: ofNumber, registered = true, route }: Rules) {
  const lab = await openCallLab()
  const desk = await lab.addDevice('desk', registered)
  await lab.addDevice('hall', true)
  if (device) await lab.store.devices.setOptions(desk, { forwarding: device })
  await lab.addNumber(number, route ?? { kind: 'device', username: 'desk' })
  if (ofNumber) {
    const stored = await lab.store.numbers.byNumber(number)
    if (stored) await lab.store.numbers.update({ ...stored, forwarding: ofNumber })
  }
  const id = await lab.incoming(number)
  return { lab, id, desk }
}

const phone = (lab: CallLab, at = 0): CallId => {
  const id = lab.invited[at]
  if (!id) throw new Error(`no ${at + 1}. phone was called`)
  return id
}
const ring = async (lab: CallLab, at = 0) => {
  lab.sip.progress(phone(lab, at), 180, undefined)
  await lab.settle()
}
const redirections = async (lab: CallLab, id: CallId) =>
  (await lab.store.events.ofCall(lab.account.id, id))
    .filter(({ type }) => type === 'call.redirected')
    .map(({ data }) => [data['to'], data['reason'], data['by']])

describe('into the box', () => {
  test('after it has rung for so long; the box is made for it', async () => {
    const { lab, id, desk } = await called({ device: { noAnswer: { ...box, afterMs: 12_000 } } })
    await ring(lab)
    await lab.clock.advance(11_999)
    await lab.settle()
    expect(lab.commands.filter((line) => line.startsWith('sip.accept'))).toEqual([])
    await lab.clock.advance(1)
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: greeting })
    const own = await lab.store.voicemailBoxes.ofDevice(desk)
    expect(own?.options.name).toBe('desk')
    expect(await redirections(lab, id)).toEqual([[own?.id, 'no-answer', 'desk']])
    expect(lab.commands).toContain('sip.cancel c2')
  })

  test.each([486, 600, 603])('when the phone says %i: with the busy greeting', async (status) => {
    const { lab, id } = await called({ device: { busy: box } })
    lab.sip.rejected(phone(lab), status, '')
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: busyGreeting })
  })

  test('with the greeting of the box where it has none for busy', async () => {
    const { lab, id, desk } = await called({ device: { busy: box } })
    await lab.store.voicemailBoxes.insert(
      boxFor(lab.account.id, desk, {
        greetings: { unavailable: { kind: 'text', text: 'Desk here.' } },
      }),
    )
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/Desk here.' })
  })

  test('when it is not registered, by its rule for that or the one for no answer', async () => {
    for (const device of [{ unreachable: box }, { noAnswer: { ...box, afterMs: 20_000 } }]) {
      const { lab, id } = await called({ device, registered: false })
      expect(lab.nowPlaying(id)).toMatchObject({ path: greeting })
      expect((await redirections(lab, id))[0]?.[1]).toBe('unreachable')
    }
  })

  test('when no phone of it ever rang: it is unreachable', async () => {
    const { lab, id } = await called({ device: { unreachable: box } })
    lab.sip.rejected(phone(lab), 480, '')
    await lab.settle()
    expect((await redirections(lab, id))[0]?.[1]).toBe('unreachable')
  })

  test('always: no phone rings', async () => {
    const { lab, id } = await called({ device: { always: box } })
    expect(lab.invited).toEqual([])
    expect(lab.nowPlaying(id)).toMatchObject({ path: greeting })
  })

  test('of the number rather than of the device', async () => {
    const rules = { busy: box }
    const { lab, id } = await called({ device: rules, number: rules })
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect((await redirections(lab, id))[0]?.[2]).toBe(number)
  })

  test('of a number whatever its route, when the rule is always', async () => {
    const route = { kind: 'verbs', verbs: [{ verb: 'say', text: 'hello' }] } as const
    const { lab, id } = await called({ number: { always: box }, route })
    expect(lab.nowPlaying(id)).toMatchObject({ path: greeting })
  })

  test('a box that is there no more is as no rule', async () => {
    const gone = { kind: 'voicemail', box: 'VM0000000001' as never } as const
    const { lab } = await called({ device: { busy: gone } })
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.commands).toContain('sip.reject c1 486')
    const always = await called({ number: { always: gone } })
    expect(always.lab.invited).toHaveLength(1)
  })
})

describe('does not go there', () => {
  test('what was answered', async () => {
    const { lab, id } = await called({ device: { noAnswer: { ...box, afterMs: 5_000 } } })
    await ring(lab)
    lab.sip.answered(phone(lab), 'v=0', 'x')
    await lab.settle()
    await lab.clock.advance(10_000)
    lab.sip.remoteHangup(phone(lab), '')
    await lab.settle()
    expect(await redirections(lab, id)).toEqual([])
  })

  test('a caller who gave up', async () => {
    const { lab, id } = await called({ device: { noAnswer: { ...box, afterMs: 5_000 } } })
    await ring(lab)
    lab.sip.remoteCancel(id)
    await lab.settle()
    expect(await redirections(lab, id)).toEqual([])
  })

  test('what a device without rules does not take', async () => {
    const { lab } = await called({})
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.commands).toContain('sip.reject c1 486')
  })
})

describe('to somebody else', () => {
  test('whose phone is told who sent it on and why; the caller is told that it goes on', async () => {
    const { lab, id } = await called({ device: { busy: { kind: 'to', to: 'hall' } } })
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.commands).toContain('sip.progress c1 181')
    expect(await redirections(lab, id)).toEqual([['hall', 'busy', 'desk']])
    lab.sip.answered(phone(lab, 1), 'v=0', 'x')
    await lab.settle()
    expect(lab.commands).toContain('media.bridge c1 c3')
  })

  test('whose own rules count then', async () => {
    const lab = await openCallLab()
    const [desk, hall] = [await lab.addDevice('desk', true), await lab.addDevice('hall', true)]
    await lab.store.devices.setOptions(desk, {
      forwarding: { always: { kind: 'to', to: 'hall' } },
    })
    await lab.store.devices.setOptions(hall, { forwarding: { busy: box } })
    await lab.addNumber(number, { kind: 'device', username: 'desk' })
    const id = await lab.incoming(number)
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: busyGreeting })
    expect((await lab.store.voicemailBoxes.ofDevice(hall))?.devices).toEqual([hall])
  })

  test('a circle ends', async () => {
    const lab = await openCallLab()
    for (const [name, other] of [
      ['desk', 'hall'],
      ['hall', 'desk'],
    ] as const) {
      const id = await lab.addDevice(name, true)
      await lab.store.devices.setOptions(id, {
        forwarding: { always: { kind: 'to', to: other } },
      })
    }
    await lab.addNumber(number, { kind: 'device', username: 'desk' })
    await lab.incoming(number)
    await lab.settle()
    expect(lab.commands).toContain('sip.reject c1 403')
    expect(lab.invited).toEqual([])
  })
})

describe('the verb dial', () => {
  const verbs = (to: object) =>
    ({ kind: 'verbs', verbs: [{ verb: 'dial', ...to }] }) as unknown as NumberRoute

  test('to one device goes by its rules', async () => {
    const { lab, id } = await called({
      ...{ device: { busy: box }, route: verbs({ to: 'desk', from: number }) },
    })
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: busyGreeting })
  })

  test('tells its action that it was voicemail, and which; a form that it was completed', async () => {
    const action = 'https://app.example/done'
    const route = verbs({ to: 'desk', from: number, action })
    const { lab, id } = await called({ device: { busy: box }, route })
    const asked: Parameters<typeof lab.ports.web.instructions>[0][] = []
    Object.assign(lab.ports.web, {
      instructions: async (request: (typeof asked)[number]) => {
        asked.push(request)
        return jsonAnswer([], action)
      },
    })
    lab.sip.rejected(phone(lab), 486, '')
    await lab.settle()
    for (const _ of ['greeting', 'tone']) await lab.finishPlay(id)
    lab.media.digit(id, '#', 100)
    await lab.settle()
    lab.media.digit(id, '3', 100)
    await lab.settle()
    await lab.finishPlay(id)
    const told = { dial_status: 'voicemail', voicemail_id: expect.any(String) }
    expect(asked[0]?.fields).toMatchObject(told)
    const record = await lab.store.calls.get(lab.account.id, id)
    if (!record) throw new Error('no call')
    const form = formFields(record, { dial_status: 'voicemail', voicemail_id: 'x' })
    expect(form).toMatchObject({ DialCallStatus: 'completed', VoicemailId: 'x' })
  })

  test('to several does not', async () => {
    const targets = [{ to: 'desk' }, { to: 'hall' }]
    const { lab, id } = await called({ device: { busy: box }, route: verbs({ targets }) })
    for (const at of [0, 1]) lab.sip.rejected(phone(lab, at), 486, '')
    await lab.settle()
    expect(await redirections(lab, id)).toEqual([])
  })
})

test('a number keeps its rules when its route changes', async () => {
  const { lab } = await called({ number: { busy: box } })
  const stored = await lab.store.numbers.byNumber(number)
  expect(stored?.forwarding).toEqual({ busy: box })
  expect((await lab.store.numbers.get(lab.account.id, stored?.id as NumberId))?.forwarding).toEqual(
    stored?.forwarding,
  )
})
