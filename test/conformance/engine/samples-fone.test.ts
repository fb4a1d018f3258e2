/** The numbers and services that the FoneNumber document prints, called as they are printed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { sine } from '../../media/rtp-peer.ts'
import { DeskPhone } from '../../support/desk-phone.ts'
import type { Json } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import { type Answered, answered, endedCall, type House, openHouse, ownNumber } from '../house.ts'
import { documents } from '../printed.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
afterEach(() => {
  expect(bugsIn(house.engine.output())).toEqual([])
})

type Body = Readonly<Record<string, string>>

/** `POST /v2/calls` with the key in the header `token`. */
async function call(body: Body, type = 'application/json'): Promise<Answered> {
  const response = await fetch(`${house.engine.httpUrl}/v2/calls`, {
    method: 'POST',
    headers: { token: house.engine.apiKey, 'content-type': type },
    body: type === 'application/json' ? JSON.stringify(body) : new URLSearchParams(body).toString(),
  })
  return answered(response)
}

function wavOf(pcm: Int16Array): Buffer {
  const header = wavHeader({
    ...{ rateHz: 8_000, channels: 1, format: 'pcm16', dataBytes: pcm.byteLength },
  })
  return Buffer.concat([header, Buffer.from(pcm.buffer)])
}

const refusal = (statusCode: number, field: string) => ({
  ...{ statusCode, error: expect.any(String), message: expect.any(String) },
  ...{ code: expect.any(String), field, request_id: expect.stringMatching(/^req_/) },
})

describe.each(documents)('$name', ({ foneNumber: printed }) => {
  const [first = '', american = '', abroad = ''] = printed.numbers
  const exampleOf = (type: string) => printed.services.find((one) => one.type === type)!.example
  const tts = { service_type: 'TTS', service_id: exampleOf('TTS') }

  /** The answer comes when the callee has answered, with the printed properties. */
  function expectConnected({ status, body }: Answered): string {
    expect(status).toBe(200)
    for (const { property, type } of printed.answers) {
      expect([property, typeof body[property]]).toEqual([property, type])
    }
    expect(body.call.id).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/)
    return body.call.id
  }

  describe.each(['application/json', 'application/x-www-form-urlencoded'])('%s', (type) => {
    test('each printed number is called, and hears the printed text', async () => {
      const numbers = [
        [first, `+1${printed.firstMeans}`],
        [american, `+${american}`],
        [abroad, `+${abroad.slice(3)}`],
      ] as const
      const calls = numbers.map(async ([to, number]) => {
        house.carrier.set(number, { does: 'answer' })
        const id = expectConnected(await call({ fonenumber: ownNumber, to, ...tts }, type))
        expect((await house.carrier.called(number)).number).toBe(number)
        expect(await endedCall(house, id)).toMatchObject({
          ...{ status: 'completed', to: number, from: ownNumber, end_reason: 'hangup:program' },
        })
      })
      await Promise.all(calls)
    })
  })

  test('Phonenumber: the printed number rings once the callee has answered', async () => {
    const [callee, other] = [`+1${printed.firstMeans}`, `+1${exampleOf('Phonenumber')}`]
    house.carrier.set(callee, { does: 'answer' })
    house.carrier.set(other, { does: 'answer', hangsUpAfterMs: 1_000 })
    const service = { service_type: 'Phonenumber', service_id: exampleOf('Phonenumber') }
    const id = expectConnected(await call({ fonenumber: ownNumber, to: first, ...service }))
    const [a, b] = [await house.carrier.called(callee), await house.carrier.called(other)]
    expect(b.sip.invitedAtMs).toBeGreaterThan(a.sip.invitedAtMs)
    expect(await endedCall(house, id)).toMatchObject({ status: 'completed' })
    const { legs } = (await house.engine.get(`/v1/voice/calls/${id}/events`)).body
    expect(legs.map(({ to, from, status }: Json) => [to, from, status])).toEqual([
      [callee, ownNumber, 'completed'],
      [other, ownNumber, 'completed'],
    ])
  })

  test('Device: nobody has the printed id; one of ours rings', async () => {
    const service = { service_type: 'Device', service_id: exampleOf('Device') }
    const asked = { fonenumber: ownNumber, to: first, ...service }
    const refused = await call(asked)
    expect([refused.status, refused.body]).toEqual([404, refusal(404, 'service_id')])

    const { username, password } = (
      await house.engine.send('POST', '/v1/voice/devices', {
        username: `desk-${printed.firstMeans}`,
        name: `desk ${printed.firstMeans}`,
      })
    ).body
    const phone = await DeskPhone.open(house.engine.sipPort, { username, password })
    try {
      const devices = await answered(
        await fetch(`${house.engine.httpUrl}/v2/devices`, {
          headers: { token: house.engine.apiKey },
        }),
      )
      const mine = devices.body.devices.find(
        ({ name }: Json) => name === `desk ${printed.firstMeans}`,
      )
      const { id } = mine
      expect(id).toMatch(/^\d{12}$/)
      const absent = await call({ ...asked, service_id: id })
      expect([absent.status, absent.body]).toEqual([409, refusal(409, 'service_id')])
      await phone.register()
      const answer = phone.answer()
      const made = expectConnected(await call({ ...asked, service_id: id }))
      await answer
      ;(await house.carrier.called(`+1${printed.firstMeans}`)).hangUp()
      await phone.hungUp()
      expect(await endedCall(house, made)).toMatchObject({ status: 'completed' })
    } finally {
      phone.close()
    }
  })

  test('VoiceMail: the printed box is not ours, and nobody is called', async () => {
    const before = house.carrier.calls.length
    const service = { service_type: 'VoiceMail', service_id: exampleOf('VoiceMail') }
    const { status, body } = await call({ fonenumber: ownNumber, to: first, ...service })
    expect([status, body]).toEqual([404, refusal(404, 'service_id')])
    expect(house.carrier.calls.length).toBe(before)
  })

  test('SoundFile: the printed address has no sound; one of ours is heard', async () => {
    const service = { service_type: 'SoundFile', service_id: exampleOf('SoundFile') }
    const asked = { fonenumber: ownNumber, to: first, ...service }
    const before = house.carrier.calls.length
    const refused = await call(asked)
    expect([refused.status, refused.body]).toEqual([400, refusal(400, 'service_id')])
    expect(house.carrier.calls.length).toBe(before)

    const { pathname } = new URL(exampleOf('SoundFile'))
    house.application.on(pathname, (response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(wavOf(sine(440, 500)))
    })
    const url = house.application.url + pathname
    house.carrier.set(`+1${printed.firstMeans}`, { does: 'answer' })
    const id = expectConnected(await call({ ...asked, service_id: url }))
    expect(await endedCall(house, id)).toMatchObject({
      status: 'completed',
      end_reason: 'hangup:program',
    })
  })
})
