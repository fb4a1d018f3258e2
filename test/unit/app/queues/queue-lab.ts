import type { NewAgent, NewQueue, QueueDesk } from '../../../../engine/app/queues/desk.ts'
import type { LiveQueue } from '../../../../engine/app/queues/live-queue.ts'
import { queueDesk } from '../../../../engine/app/queues/queue-desk.ts'
import type { CallEvent } from '../../../../engine/core/events.ts'
import type { CallId, QueueId } from '../../../../engine/core/ids.ts'
import type { QueueOptions } from '../../../../engine/core/queue.ts'
import type { EnqueueVerb, Verb } from '../../../../engine/core/verbs.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'

/** The application with its queues, over recorders. Devices 1001 to 1004 are registered. */
export interface QueueLab extends CallLab {
  readonly desk: QueueDesk
  readonly id: QueueId
  queue(): LiveQueue
  /** Somebody calls a number whose route is the queue, with these verbs after it. */
  caller(verb?: Partial<EnqueueVerb>, then?: readonly Verb[]): Promise<CallId>
  answers(id: CallId | undefined): Promise<void>
  hangUp(id: CallId): Promise<void>
  /** The call that rings now at this device. */
  ringing(target: string): CallId | undefined
  /** Devices that ring now, and those that talk. */
  atWork(): string
  /** The call's events of queues, `type reason`. */
  told(id: CallId): Promise<string[]>
  event(id: CallId, type: string): Promise<CallEvent['data'] | undefined>
}

export async function openQueueLab(
  options: Partial<QueueOptions> = {},
  agents: readonly (string | NewAgent)[] = [],
  overrides: Parameters<typeof openCallLab>[0] = {},
): Promise<QueueLab> {
  const lab = await openCallLab(overrides)
  const desk = queueDesk({ ports: lab.ports, calls: lab.calls })
  const { account, calls } = lab
  const settle = async () => {
    for (let i = 0; i < 3; i++) await lab.settle()
  }
  for (const username of ['1001', '1002', '1003', '1004']) await lab.addDevice(username, true)
  const wanted: NewQueue = {
    ...{ name: 'support', options },
    agents: agents.map((one) => (typeof one === 'string' ? { target: one } : one)),
  }
  const { id } = (await desk.create(account, wanted)).record
  let numbers = 0
  const at = (state: string) =>
    [...calls.all()].filter(
      ({ record, state: { at: now } }) =>
        record.direction === 'outbound' && (state === 'up' ? now === 'up' : now !== 'up'),
    )
  return {
    ...lab,
    ...{ desk, id, settle },
    queue: () => calls.queues.get(id)!,
    caller: async (verb = {}, then = []) => {
      const number = `+1500555${1000 + numbers++}`
      const verbs: Verb[] = [{ verb: 'enqueue', queue: 'support', ...verb }, ...then]
      await lab.addNumber(number, { kind: 'verbs', verbs })
      const callId = await lab.incoming(number)
      await settle()
      return callId
    },
    answers: async (callId) => {
      lab.sip.answered(callId!, 'v=0', 'x@phone')
      await settle()
    },
    hangUp: async (callId) => {
      lab.sip.remoteHangup(callId, 'BYE')
      await settle()
    },
    ringing: (target) => at('ringing').find(({ record }) => record.to === target)?.id,
    atWork: () => {
      const names = (state: string) => {
        const called = at(state).map(({ record }) => record.to)
        return called.sort((a, b) => a.localeCompare(b)).join(' ')
      }
      return `${names('ringing')} / ${names('up')}`
    },
    told: async (callId) =>
      (await lab.store.events.ofCall(account.id, callId))
        .filter(({ type }) => type.startsWith('queue.') || type.endsWith('queued'))
        .filter(({ type }) => type !== 'call.queued')
        .map(({ type, data }) => [type, data['reason']].filter(Boolean).join(' ')),
    event: async (callId, type) =>
      (await lab.store.events.ofCall(account.id, callId)).findLast((one) => one.type === type)
        ?.data,
  }
}
