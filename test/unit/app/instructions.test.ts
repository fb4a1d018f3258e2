import { describe, expect, test } from 'vitest'
import type { PlaceCall } from '../../../engine/app/call-centre.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { InstructionAnswer, InstructionRequest } from '../../../engine/core/ports/web.ts'
import { type CallLab, jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = '+61498765432'
const root = 'https://app.example'

const twiml = (body: string, path = '/voice'): InstructionAnswer => ({
  ...{ url: root + path, type: 'text/xml' },
  text: `<?xml version="1.0"?><Response>${body}</Response>`,
})

type Answers = Readonly<Record<string, InstructionAnswer | (() => never)>>

/** A lab whose applications answer by path; what they were asked. */
async function labWith(answers: Answers): Promise<{ lab: CallLab; asked: InstructionRequest[] }> {
  const asked: InstructionRequest[] = []
  const lab = await openCallLab()
  Object.assign(lab.ports.web, {
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      const answer = answers[request.url.replace(root, '')]
      if (answer === undefined) throw new Failure('url_unreachable', 'status 404')
      return typeof answer === 'function' ? answer() : answer
    },
  })
  return { lab, asked }
}

async function up(lab: CallLab, request: Partial<PlaceCall> = {}): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber, ...request })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return id
}

const heard = (lab: CallLab, id: CallId) => {
  const sound = lab.nowPlaying(id)
  return sound?.kind === 'wav' ? sound.path.replace(/^\/(?:speech|prompt)\//, '') : sound?.kind
}
const pathsOf = (asked: readonly InstructionRequest[]) =>
  asked.map(({ url }) => url.replace(root, ''))
const eventsOf = async (lab: CallLab, id: CallId, type: string) =>
  (await lab.store.events.ofCall(lab.account.id, id))
    .filter((event) => event.type === type)
    .map(({ data }) => data)
const get = (lab: CallLab, id: CallId) => lab.centre.getCall(lab.account.id, id)

describe('an answer in TwiML', () => {
  test('is run', async () => {
    const { lab } = await labWith({ '/voice': twiml('<Say>one</Say><Say>two</Say>') })
    const id = await up(lab, { url: `${root}/voice` })
    expect(heard(lab, id)).toBe('one')
    await lab.finishPlay(id)
    expect(heard(lab, id)).toBe('two')
    await lab.finishPlay(id)
    expect((await get(lab, id)).status).toBe('completed')
  })

  test('from then on the application is asked by forms, relative to where it was', async () => {
    const gather = '<Gather numDigits="2" action="got?x=1"><Say>code</Say></Gather>'
    const { lab, asked } = await labWith({
      '/flows/voice': twiml(gather, '/flows/voice'),
      '/flows/got?x=1': twiml('<Say>thanks</Say>'),
    })
    const id = await up(lab, { url: `${root}/flows/voice` })
    lab.media.digit(id, '4', 100)
    lab.media.digit(id, '2', 100)
    await lab.settle()
    expect(heard(lab, id)).toBe('thanks')
    const [first, second] = asked
    expect(first).toMatchObject({ format: 'json', fields: { call_id: id, status: 'in-progress' } })
    expect(second?.format).toBe('form')
    expect(second?.fields).toMatchObject({
      ...{ CallSid: id, AccountSid: lab.account.id, From: ownNumber, To: to, Digits: '42' },
      ...{ CallStatus: 'in-progress', Direction: 'outbound-api', ApiVersion: '2010-04-01' },
    })
    expect(first?.secrets).toHaveLength(1)
  })

  test('a request says by which format it wants to be asked', async () => {
    const { lab, asked } = await labWith({ '/voice': twiml('<Redirect>/next</Redirect>') })
    await up(lab, { url: `${root}/voice`, format: 'json' })
    expect(asked.map(({ format }) => format)).toEqual(['json', 'json'])
    const form = await labWith({ '/voice': jsonAnswer([]) })
    await up(form.lab, { url: `${root}/voice`, format: 'form' })
    expect(form.asked).toMatchObject([{ format: 'form', fields: { To: to } }])
  })

  test('addresses of the next document are relative in JSON too', async () => {
    const { lab, asked } = await labWith({
      '/flows/voice': jsonAnswer([{ verb: 'redirect', url: 'next?a=1' }], `${root}/flows/voice`),
      '/flows/next?a=1': jsonAnswer([{ verb: 'say', text: 'next' }], `${root}/flows/next?a=1`),
    })
    const id = await up(lab, { url: `${root}/flows/voice` })
    expect(pathsOf(asked)).toEqual(['/flows/voice', '/flows/next?a=1'])
    expect(heard(lab, id)).toBe('next')
  })

  test('so are all other addresses in it, also of who is told when the call is over', async () => {
    const verbs = [
      { verb: 'gather', prompts: [{ verb: 'play', url: 'menu.wav' }], timeout: 1 },
      {
        ...{ verb: 'dial', targets: [{ to: '+61400000001', url: 'whisper' }] },
        ...{ from: ownNumber, action: 'dialled' },
      },
    ]
    const { lab, asked } = await labWith({
      '/flows/voice': jsonAnswer(verbs, `${root}/flows/voice`),
      '/flows/whisper': jsonAnswer([]),
      '/flows/dialled': jsonAnswer([]),
    })
    const id = await up(lab, { url: `${root}/flows/voice` })
    expect(heard(lab, id)).toBe(`${root}/flows/menu.wav`)
    await lab.finishPlay(id)
    await lab.clock.advance(1_000)
    lab.sip.answered(lab.invited[1]!, 'v=0', 'y')
    await lab.settle()
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    expect(pathsOf(asked)).toEqual(['/flows/voice', '/flows/whisper', '/flows/dialled'])
  })

  test('what was passed over is told', async () => {
    const { lab } = await labWith({ '/voice': twiml('<Say x="1">one</Say>') })
    const id = await up(lab, { url: `${root}/voice` })
    expect(await eventsOf(lab, id, 'instructions.warning')).toEqual([
      { url: `${root}/voice`, warnings: [expect.stringContaining('attribute x is not known')] },
    ])
  })

  test('a sound that is not there is left out', async () => {
    const { lab } = await labWith({ '/voice': twiml('<Play>/gone.wav</Play><Say>two</Say>') })
    Object.assign(lab.ports.web, {
      prompt: async () => {
        throw new Failure('url_unreachable', 'status 404')
      },
    })
    const id = await up(lab, { url: `${root}/voice` })
    expect(heard(lab, id)).toBe('two')
    expect(await eventsOf(lab, id, 'instructions.failed')).toMatchObject([
      { url: `${root}/gone.wav`, code: 'url_unreachable' },
    ])
  })
})

describe('an inbound call', () => {
  test('tells the name and the headers of the caller', async () => {
    const { lab, asked } = await labWith({ '/voice': twiml('<Reject reason="busy"/>') })
    const url = `${root}/voice`
    await lab.addNumber('+15005550199', { kind: 'url', url, method: 'POST', format: 'form' })
    const id = '00000000-0000-4000-8000-000000000001' as CallId
    lab.sip.incoming({
      ...{ callId: id, sipCallId: 'x@y', from: '+61411111111', fromName: 'Kate', sdp: 'v=0' },
      ...{ to: '+15005550199', protocol: 'udp' },
      source: { kind: 'trunk', trunkId: (await lab.store.trunks.list())[0]!.id },
      received: {
        sipHeaders: { 'X-Order': '7' },
        diversion: [{ from: '+61400000001', reason: 'no-answer', counter: 1 }],
        maxForwards: 70,
      },
    })
    await lab.settle()
    expect(asked[0]?.fields).toMatchObject({
      ...{ Direction: 'inbound', CallStatus: 'ringing', CallerName: 'Kate' },
      ...{ ForwardedFrom: '+61400000001', 'SipHeader_X-Order': '7' },
    })
    expect(lab.commands).toContain('sip.reject c1 486')
  })
})

describe('an application that can not be asked', () => {
  const broken: Answers = {
    '/broken': { url: `${root}/broken`, type: 'text/xml', text: '<Response><Say>x</Response>' },
    '/fallback': jsonAnswer([{ verb: 'say', text: 'fallback' }], `${root}/fallback`),
    '/default': twiml('<Say>default</Say>', '/default'),
  }

  test('the fallback is asked, and told why', async () => {
    const { lab, asked } = await labWith(broken)
    const id = await up(lab, { url: `${root}/gone`, fallbackUrl: `${root}/fallback` })
    expect(heard(lab, id)).toBe('fallback')
    expect(asked[1]).toMatchObject({
      method: 'POST',
      fields: { call_id: id, error_code: 'url_unreachable', error_url: `${root}/gone` },
    })
    expect(await eventsOf(lab, id, 'instructions.failed')).toEqual([
      {
        ...{ url: `${root}/gone`, code: 'url_unreachable', error: 'status 404' },
        next: `${root}/fallback`,
      },
    ])
  })

  test('a document with a fault is as none; then the default of the account is asked', async () => {
    const { lab, asked } = await labWith(broken)
    const application = { url: `${root}/default`, method: 'POST', format: 'form' } as const
    await lab.store.accounts.update({ ...lab.account, application })
    const id = await up(lab, { url: `${root}/broken`, fallbackUrl: `${root}/gone` })
    expect(pathsOf(asked)).toEqual(['/broken', '/gone', '/default'])
    expect(asked[2]).toMatchObject({ format: 'form', fields: { ErrorUrl: `${root}/gone` } })
    expect(heard(lab, id)).toBe('default')
    expect(await eventsOf(lab, id, 'instructions.failed')).toMatchObject([
      { error: expect.stringContaining('TwiML fault in line 1, column') },
      { url: `${root}/gone` },
    ])
  })

  test('nobody is asked twice; when nobody answers the call fails', async () => {
    const { lab, asked } = await labWith({})
    const application = {
      url: `${root}/gone`,
      method: 'GET',
      fallbackUrl: `${root}/gone-too`,
    } as const
    await lab.store.accounts.update({ ...lab.account, application })
    const id = await up(lab, { url: `${root}/gone`, fallbackUrl: `${root}/gone-too` })
    expect(pathsOf(asked)).toEqual(['/gone', '/gone-too'])
    expect(await get(lab, id)).toMatchObject({ status: 'failed', endReason: 'program_failed' })
    expect(await eventsOf(lab, id, 'instructions.failed')).toMatchObject([
      { url: `${root}/gone`, next: `${root}/gone-too` },
      { url: `${root}/gone-too`, next: null },
    ])
  })

  test('the fallback holds for all that the call asks for', async () => {
    const { lab } = await labWith({ ...broken, '/voice': twiml('<Redirect>/gone</Redirect>') })
    const id = await up(lab, { url: `${root}/voice`, fallbackUrl: `${root}/fallback` })
    expect(heard(lab, id)).toBe('fallback')
  })
})

describe('a call without instructions', () => {
  test("does what the account's default application says", async () => {
    const { lab, asked } = await labWith({ '/default': twiml('<Say>default</Say>') })
    const application = { url: `${root}/default`, method: 'GET' } as const
    await lab.store.accounts.update({ ...lab.account, application })
    const id = await up(lab)
    expect(heard(lab, id)).toBe('default')
    expect(asked).toMatchObject([{ method: 'GET', format: 'json' }])
  })

  test('whose default application is of no avail fails', async () => {
    const { lab } = await labWith({})
    const application = { url: `${root}/gone`, method: 'POST' } as const
    await lab.store.accounts.update({ ...lab.account, application })
    expect((await get(lab, await up(lab))).status).toBe('failed')
  })
})

describe('gather', () => {
  test('keys do not stop a prompt without barge-in, and count', async () => {
    const { lab } = await labWith({})
    const id = await up(lab, {
      verbs: [
        {
          ...{ verb: 'gather', bargeIn: false, numDigits: 2 },
          prompts: [
            { verb: 'say', text: 'one' },
            { verb: 'say', text: 'two' },
          ],
          branches: { '12': [{ verb: 'say', text: 'right' }] },
        },
      ],
    })
    for (const key of '12') lab.media.digit(id, key, 100)
    await lab.settle()
    expect(heard(lab, id)).toBe('one')
    await lab.finishPlay(id)
    expect(heard(lab, id)).toBe('two')
    await lab.finishPlay(id)
    expect(heard(lab, id)).toBe('right')
  })

  test('too few keys are none; the time between keys is its own', async () => {
    const { lab, asked } = await labWith({ '/got': jsonAnswer([{ verb: 'say', text: 'got' }]) })
    const action = `${root}/got`
    const id = await up(lab, {
      verbs: [
        {
          ...{ verb: 'gather', numDigits: 4, minDigits: 2, timeoutMs: 9_000 },
          ...{ digitTimeoutMs: 1_000, action, actionOnEmpty: true },
        },
      ],
    })
    lab.media.digit(id, '1', 100)
    await lab.settle()
    await lab.clock.advance(999)
    expect(asked).toEqual([])
    await lab.clock.advance(1)
    expect(asked).toMatchObject([{ url: action, fields: { digits: '' } }])
  })

  test('the finishing key is told', async () => {
    const { lab, asked } = await labWith({})
    const id = await up(lab, {
      verbs: [{ verb: 'gather', numDigits: 9, action: `${root}/got`, method: 'GET' }],
    })
    for (const key of '12#') lab.media.digit(id, key, 100)
    await lab.settle()
    expect(asked).toMatchObject([{ method: 'GET', fields: { digits: '12', finished_on_key: '#' } }])
  })
})
