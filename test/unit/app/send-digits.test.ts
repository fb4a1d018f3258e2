import { beforeEach, expect, it } from 'vitest'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'

let takesEvents: boolean
let refusedFrom: number
let lab: CallLab
beforeEach(async () => {
  takesEvents = false
  refusedFrom = Number.POSITIVE_INFINITY
  let asked = 0
  lab = await openCallLab({
    media: { takesEvents: async () => takesEvents },
    sip: {
      infoDigit: async (_id, digit) => {
        const taken = ++asked < refusedFrom
        lab.commands.push(`info ${digit} ${taken}`)
        return taken
      },
    },
  })
  await lab.addNumber('+15005550177', {
    ...{ kind: 'verbs' },
    verbs: [{ verb: 'answer' }, { verb: 'sendDigits', digits: '1w#' }, { verb: 'hangup' }],
  })
})

const pressed = async (): Promise<string[]> => {
  await lab.incoming('+15005550177')
  for (let n = 0; n < 20; n++) await lab.clock.advance(100)
  return lab.commands.filter((one) => /^info|sendDigits/.test(one))
}

it('goes by RTP to a phone that takes telephone events', async () => {
  takesEvents = true
  expect(await pressed()).toEqual(['media.sendDigits c1 1w#'])
})

it('goes by INFO to one that does not, key by key, with pauses', async () => {
  await lab.incoming('+15005550177')
  await lab.clock.advance(600)
  expect(lab.commands).not.toContain('info # true')
  await lab.clock.advance(200)
  expect(lab.commands).toContain('info # true')
  expect(lab.commands.some((one) => one.includes('sendDigits'))).toBe(false)
  await lab.clock.advance(200)
  expect(lab.commands).toContain('sip.bye c1')
})

it('is told by the name that documents have for it', async () => {
  const call = await lab.incoming('+15005550177')
  for (let n = 0; n < 20; n++) await lab.clock.advance(100)
  const events = await lab.centre.eventsOf(lab.account.id, call)
  const names = events.filter(({ type }) => type === 'verb.started').map(({ data }) => data['verb'])
  expect(names).toEqual(['answer', 'send_digits', 'hangup'])
})

it('is heard as tones where INFO is refused', async () => {
  refusedFrom = 1
  expect(await pressed()).toEqual(['info 1 false', 'media.sendDigits c1 1w#'])
})

it('or what is left of it', async () => {
  refusedFrom = 2
  expect(await pressed()).toEqual(['info 1 true', 'info # false', 'media.sendDigits c1 #'])
})
