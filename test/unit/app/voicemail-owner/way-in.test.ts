import { describe, expect, test } from 'vitest'
import { hashPin, isPin, pinFits } from '../../../../engine/app/voicemail/pin.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { plainBox } from '../../../../engine/core/ports/voicemail.ts'
import {
  box,
  deviceId,
  dial,
  heard,
  inBox,
  lab,
  log,
  pin,
  press,
  untilHeard,
  useOwnerLab,
  withBox,
} from './owner-lab.ts'

useOwnerLab()

describe('the way in', () => {
  test('the own phone enters the PIN, which stands nowhere', async () => {
    await withBox(2)
    const id = await inBox()
    expect(heard(id)).toMatch(/2 new messages and no saved messages/)
    const text = JSON.stringify(await log())
    expect(text).not.toContain('digit.received')
    expect(text).not.toContain(pin)
  })

  test('a box that wants none of its own phones, and one without a PIN', async () => {
    await withBox(1, { options: { ...plainBox, name: 'box', pinOnOwnPhones: false } })
    expect(heard(await dial('*97'))).toMatch(/1 new message /)
    await lab.store.voicemailBoxes.update({ ...box, pinHash: null })
    await untilHeard(await dial('*97'), /^You have/)
  })

  test('another phone of the account: the digits of the box, then its PIN', async () => {
    await withBox(1)
    const other = await lab.addDevice('other', true)
    const id = await dial('*98', 'other', other)
    await untilHeard(id, /ten digits of your mailbox/)
    await press(id, `${box.id.slice(2)}#`)
    await untilHeard(id, /enter your PIN/)
    await press(id, `${pin}#`)
    await untilHeard(id, /^You have 1 new/)
  })

  test('a box that is not there is told from none', async () => {
    const id = await dial('*98')
    await untilHeard(id, /ten digits/)
    await press(id, '0000000000#')
    await untilHeard(id, /enter your PIN/)
    await press(id, '1111#')
    await untilHeard(id, /not right/)
  })

  test('a phone has a box of its own, made when it is first needed', async () => {
    await untilHeard(await dial('*97'), /no new messages/)
    expect(await lab.store.voicemailBoxes.ofDevice(deviceId)).toBeDefined()
  })

  test('three wrong PINs end the call, nine lock the box for strangers, and that is told once', async () => {
    await withBox(0)
    const other = await lab.addDevice('other', true)
    for (let call = 0; call < 3; call++) {
      const id = await dial('*98', 'other', other)
      await untilHeard(id, /ten digits/)
      await press(id, `${box.id.slice(2)}#`)
      for (let attempt = 0; attempt < 3; attempt++) {
        await untilHeard(id, /enter your PIN/)
        await press(id, '9999#')
        await untilHeard(id, /not right/)
        await lab.finishPlay(id)
      }
      await untilHeard(id, /not possible/)
    }
    const id = await dial('*98', 'other', other)
    await untilHeard(id, /ten digits/)
    await press(id, `${box.id.slice(2)}#`)
    await untilHeard(id, /not possible/)
    const locked = (await log()).filter(({ type }) => type === 'voicemail.locked')
    expect(locked).toMatchObject([{ data: { boxId: box.id, caller: 'other' } }])
    await inBox()
    await lab.clock.advance(900_000)
    const later = await dial('*98', 'other', other)
    await untilHeard(later, /ten digits/)
    await press(later, `${box.id.slice(2)}#`)
    await untilHeard(later, /enter your PIN/)
  })

  test('many calls at once have no more tries than one after the other', async () => {
    await withBox(0)
    const other = await lab.addDevice('other', true)
    const calls: CallId[] = []
    for (let call = 0; call < 12; call++) {
      const id = await dial('*98', 'other', other)
      await untilHeard(id, /ten digits/)
      await press(id, `${box.id.slice(2)}#`)
      await untilHeard(id, /enter your PIN/)
      calls.push(id)
    }
    for (const id of calls.slice(0, 10)) await press(id, '9999#')
    const last = calls[11]!
    await press(last, `${pin}#`)
    await untilHeard(last, /not right|not possible/)
  })

  test('what is pressed before it is asked for, and while he is told that it was wrong, stands nowhere', async () => {
    await withBox(1)
    const id = await dial('*97')
    await untilHeard(id, /enter your PIN/)
    await press(id, '9999#')
    await untilHeard(id, /not right/)
    await press(id, `${pin}#`)
    await untilHeard(id, /^You have/)
    expect(JSON.stringify(await log())).not.toContain('digit.received')
    await press(id, '2')
    await untilHeard(id, /no messages here/)
    expect(JSON.stringify(await log())).toContain('digit.received')
  })

  test('a verb of a number leads there too', async () => {
    await withBox(1)
    const verbs = [{ verb: 'voicemailMenu', box: box.id }] as const
    await lab.addNumber('+15005550177', { kind: 'verbs', verbs: [...verbs] })
    const id = await lab.incoming('+15005550177')
    await untilHeard(id, /enter your PIN/)
    await press(id, `${pin}#`)
    await untilHeard(id, /^You have/)
  })
})

describe('PINs', () => {
  test.each(['123', '12345678901', '12a4', ''])('%s is none', (text) => {
    expect(isPin(text)).toBe(false)
  })
  test.each(['2580', '1029384756'])('%s is one', (text) => {
    expect(isPin(text)).toBe(true)
  })
  test('it fits what was made of it, and nothing else does', async () => {
    const stored = await hashPin(pin)
    expect(stored).not.toContain(pin)
    const fits = [
      pinFits(stored, pin),
      pinFits(stored, '2581'),
      pinFits(stored, ''),
      pinFits('', ''),
    ]
    expect(await Promise.all(fits)).toEqual([true, false, false, false])
    await expect(hashPin('111')).rejects.toMatchObject({ code: 'invalid_request', field: 'pin' })
  })
})
