import type { ActionDesk, ParkedCall } from '../../../engine/app/actions/desk.ts'
import { connectingStream, type StreamRecord, streamsIn } from '../../../engine/app/streams/log.ts'
import type { CallRecord } from '../../../engine/core/call.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'

/** Live actions that nobody hears: what was asked is kept. */
export class FakeActions implements ActionDesk {
  readonly asked: { what: string; request: unknown }[] = []
  /** Thrown by the next requests. */
  refuse: Failure | undefined
  readonly #store: Store
  readonly #uuid: () => string
  readonly #parked: ParkedCall[] = []
  readonly #dialling: StreamRecord[] = []

  constructor(store: Store, uuid: () => string) {
    this.#store = store
    this.#uuid = uuid
  }

  mute: ActionDesk['mute'] = (by, id, ...request) => this.#ask('mute', by, id, request)
  sendDigits: ActionDesk['sendDigits'] = (by, id, keys) => this.#ask('sendDigits', by, id, keys)
  redirect: ActionDesk['redirect'] = (by, id, to) => this.#ask('redirect', by, id, to)
  unbridge: ActionDesk['unbridge'] = (by, id) => this.#ask('unbridge', by, id)
  consult: ActionDesk['consult'] = (by, id, to) => this.#ask('consult', by, id, to)
  record: ActionDesk['record'] = async (by, id, action) => ({
    call: await this.#ask('record', by, id, action),
    recordingIds: ['22222222-2222-4333-8444-555555555555' as RecordingId],
  })
  listen: ActionDesk['listen'] = (by, id, how) => this.#ask('listen', by.id, id, how)
  endConsultation: ActionDesk['endConsultation'] = (by, id, action) =>
    this.#ask('endConsultation', by, id, action)

  bridge: ActionDesk['bridge'] = async (by, id, other) => {
    await this.#get(by, other)
    return this.#ask('bridge', by, id, other)
  }

  play: ActionDesk['play'] = async (by, id, sound) => {
    await this.#ask('play', by, id, sound)
    return this.#uuid()
  }

  stop: ActionDesk['stop'] = async (by, id, playbackId) => {
    await this.#ask('stop', by, id, playbackId)
  }

  startStream: ActionDesk['startStream'] = async (by, id, wanted) => {
    await this.#ask('startStream', by, id, wanted)
    const streamId = this.#uuid()
    this.#dialling.push(connectingStream(streamId, wanted))
    return streamId
  }

  stopStream: ActionDesk['stopStream'] = async (by, id, which) => {
    await this.#ask('stopStream', by, id, which)
  }

  streamsOf: ActionDesk['streamsOf'] = async (by, id) => {
    await this.#get(by, id)
    return [...streamsIn(await this.#store.events.ofCall(by, id)), ...this.#dialling]
  }

  park: ActionDesk['park'] = async (by, id, wanted) => {
    const call = await this.#ask('park', by, id, wanted)
    const slot = wanted.slot ?? '701'
    const parked = { slot, call, parkedAtMs: 0, expiresAtMs: wanted.timeoutMs ?? 300_000 }
    this.#parked.push(parked)
    return parked
  }

  parked: ActionDesk['parked'] = (by) => this.#parked.filter(({ call }) => call.accountId === by)

  pickUp: ActionDesk['pickUp'] = async (by, which, how) => {
    const found = this.parked(by.id).find(({ slot, call }) =>
      'slot' in which ? slot === which.slot : call.id === which.callId,
    )
    if (!found) throw new Failure('not_found', 'no call is parked there')
    return this.#ask('pickUp', by.id, 'callId' in how ? how.callId : found.call.id, how)
  }

  async #ask(what: string, by: AccountId, id: CallId, request?: unknown): Promise<CallRecord> {
    const call = await this.#get(by, id)
    this.asked.push({ what, request })
    if (this.refuse) throw this.refuse
    return call
  }

  async #get(by: AccountId, id: CallId): Promise<CallRecord> {
    const call = await this.#store.calls.get(by, id)
    if (!call) throw new Failure('not_found', 'no such call')
    return call
  }
}
