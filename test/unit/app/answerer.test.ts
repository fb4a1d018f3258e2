/** Who has answered: kept with the call, told, and what it does then. How it is heard: test/unit/dsp/amd.test.ts. */
import { describe, expect, test } from 'vitest'
import type { Answerer, Detection, MachineDetection } from '../../../engine/core/answerer.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { DialVerb } from '../../../engine/core/verbs.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

const detection: MachineDetection = { until: 'known', isAsync: false }
const verbs = [{ verb: 'say', text: 'hi' }] as const
const to = '+61498765432'

interface AmdLab {
  readonly lab: CallLab
  found(answerer: Answerer | null): Promise<void>
}

async function amdLab(): Promise<AmdLab> {
  const asked: ((found: Detection | null) => void)[] = []
  const detectAnswerer = () => new Promise<Detection | null>((resolve) => asked.push(resolve))
  const lab = await openCallLab({ media: { detectAnswerer } })
  return {
    lab,
    found: async (answerer) => {
      const times = { atMs: 1900, initialSilenceMs: 200, greetingMs: 500 }
      asked.shift()?.(answerer && { answerer, ...times })
      await lab.settle()
    },
  }
}

async function up(lab: CallLab, more: object): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber, verbs, ...more })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return id
}

const answeredBy = async ({ centre, account }: CallLab, id: CallId) =>
  (await centre.getCall(account.id, id)).answeredBy

describe('a call that is placed', () => {
  test('says nothing before it is known who has answered', async () => {
    const { lab, found } = await amdLab()
    const id = await up(lab, { machineDetection: detection })
    expect(lab.nowPlaying(id)).toBeUndefined()
    expect(await answeredBy(lab, id)).toBeNull()
    await found('machine_start')
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/hi' })
    expect(await answeredBy(lab, id)).toBe('machine_start')
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.find(({ type }) => type === 'call.answered-by')?.data).toEqual({
      ...{ answeredBy: 'machine', detail: 'machine_start' },
      ...{ afterMs: 1900, initialSilenceMs: 200, greetingMs: 500 },
    })
  })

  test('goes on at once where that is wished, and tells later', async () => {
    const { lab, found } = await amdLab()
    const id = await up(lab, { machineDetection: { ...detection, isAsync: true } })
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/hi' })
    await found('human')
    expect(await answeredBy(lab, id)).toBe('human')
  })

  test('goes on all the same when nothing is found out', async () => {
    const { lab } = await amdLab()
    const id = await up(lab, { machineDetection: { ...detection, timeoutMs: 3000 } })
    await lab.clock.advance(4000)
    expect(lab.nowPlaying(id)).toBeUndefined()
    await lab.clock.advance(1500)
    await lab.settle()
    expect(await answeredBy(lab, id)).toBe('unknown')
    expect(lab.nowPlaying(id)).toBeDefined()
  })

  test('that ends meanwhile tells nothing', async () => {
    const { lab, found } = await amdLab()
    const id = await up(lab, { machineDetection: detection })
    await lab.centre.endCall(lab.account.id, id)
    await found(null)
    expect(await lab.logOf(id)).not.toContain('call.answered-by')
    expect(await answeredBy(lab, id)).toBeNull()
  })

  test('that is sent elsewhere meanwhile does only that', async () => {
    const { lab, found } = await amdLab()
    const id = await up(lab, { machineDetection: detection })
    await lab.centre.updateCall(lab.account.id, id, { url: 'https://app.example/next' })
    await lab.settle()
    await found('human')
    expect(lab.commands.filter((command) => command.startsWith('media.play'))).toEqual([])
  })

  test('without the option nobody listens', async () => {
    const lab = await openCallLab()
    await up(lab, {})
    expect(lab.commands.some((command) => command.startsWith('media.detectAnswerer'))).toBe(false)
  })

  test('its status callback is told', async () => {
    const { lab, found } = await amdLab()
    const url = 'https://app.example/status'
    await up(lab, { machineDetection: detection, statusCallback: url })
    await found('human')
    const due: string[] = []
    for (;;) {
      const [next] = await lab.store.outbox.due(lab.clock.nowMs(), 10)
      if (!next) break
      due.push(next.event.type)
      await lab.store.outbox.delivered(next.id)
    }
    expect(due).toContain('call.answered-by')
  })
})

describe('a dial', () => {
  const dialling = (more: Partial<DialVerb>) => ({
    verbs: [{ verb: 'dial', to: '+61411111111', machineDetection: detection, ...more }],
  })

  async function dialled(more: Partial<DialVerb>) {
    const amd = await amdLab()
    const caller = await up(amd.lab, dialling(more))
    const callee = amd.lab.invited.at(-1)!
    amd.lab.sip.answered(callee, 'v=0', 'y')
    await amd.lab.settle()
    return { ...amd, caller, callee }
  }
  const areTalking = ({ commands }: CallLab) => commands.includes('media.bridge c1 c2')

  test('connects when it is known who has answered', async () => {
    const { lab, found, callee } = await dialled({})
    expect(areTalking(lab)).toBe(false)
    await found('human')
    expect(areTalking(lab)).toBe(true)
    expect(await answeredBy(lab, callee)).toBe('human')
  })

  test('lets a machine go where that is wished', async () => {
    const { lab, found, callee } = await dialled({ onMachine: 'hangup' })
    await found('machine_start')
    expect(areTalking(lab)).toBe(false)
    expect((await lab.centre.getCall(lab.account.id, callee)).status).toBe('completed')
  })

  test('connects at once, and tells later', async () => {
    const { lab, found, callee } = await dialled({
      machineDetection: { ...detection, isAsync: true },
    })
    expect(areTalking(lab)).toBe(true)
    await found('machine_start')
    expect(await answeredBy(lab, callee)).toBe('machine_start')
  })
})
