import { describe, expect, it } from 'vitest'
import { createFeed, type News, type Wire } from '../../../softphone/console/api/feed.ts'
import { bodyOf, formFields } from '../../../softphone/console/api/form-fields.ts'
import { stateOf } from '../../../softphone/console/live-state.ts'
import { monthOf } from '../../../softphone/console/month.ts'

/** An engine that the test plays, and a clock that it winds. */
function lab() {
  const wires: (Wire & { readonly sent: string[]; isClosed: boolean })[] = []
  const waits: { then: () => void; ms: number; isOff: boolean }[] = []
  const feed = createFeed({
    connect() {
      const sent: string[] = []
      const wire = {
        ...{ onopen: null, onclose: null, onmessage: null, sent, isClosed: false },
        send: (text: string) => void sent.push(text),
        close() {
          wire.isClosed = true
        },
      }
      wires.push(wire)
      return wire
    },
    wait(then, ms) {
      const one = { then, ms, isOff: false }
      waits.push(one)
      return () => {
        one.isOff = true
      }
    },
  })
  const say = (message: unknown) => wires.at(-1)?.onmessage?.({ data: JSON.stringify(message) })
  return { feed, wires, waits, say }
}
const begun = { id: 1, ok: true, status: 200, result: null }
const happens = (type: string, call_id: string | null) => ({
  ...{ follow: 1, event: 'event' },
  data: { sequence: 7, type, call_id },
})

describe('the feed', () => {
  it('asks for the log from now on, and tells what happens until it is ended', () => {
    const { feed, wires, say } = lab()
    const told: News[] = []
    const end = feed.follow((news) => told.push(news))
    wires[0]?.onopen?.()
    expect(JSON.parse(wires[0]?.sent[0] ?? '')).toMatchObject({
      do: 'follow',
      params: { events: { after: 'now' } },
    })
    expect(feed.state.value).toBe('connecting')
    say(begun)
    expect(feed.state.value).toBe('up')
    say(happens('call.ringing', 'a'))
    say(happens('device.registered', null))
    end()
    say(happens('call.completed', 'a'))
    expect(told).toEqual([
      { type: 'call.ringing', callId: 'a' },
      { type: 'device.registered', callId: '' },
    ])
  })

  it('comes again with growing pauses, and begins with a short one after each success', () => {
    const { feed, wires, waits, say } = lab()
    for (let i = 0; i < 8; i++) {
      wires.at(-1)?.onclose?.()
      expect(feed.state.value).toBe('away')
      waits.at(-1)?.then()
    }
    expect(waits.map(({ ms }) => ms)).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
    say(begun)
    wires.at(-1)?.onclose?.()
    expect(waits.at(-1)?.ms).toBe(500)
  })

  it('does not come again once it was stopped', () => {
    const { feed, wires, waits } = lab()
    wires[0]?.onclose?.()
    feed.stop()
    expect([waits[0]?.isOff, wires[0]?.isClosed, wires[0]?.onclose]).toEqual([true, true, null])
  })

  it('passes over what is odd', () => {
    const { feed, wires } = lab()
    feed.follow(() => expect.unreachable())
    for (const data of ['{', 'null', '7', '[]', '{"id":2,"ok":true}', '{"id":1,"ok":false}'])
      wires[0]?.onmessage?.({ data })
    expect(feed.state.value).toBe('connecting')
  })
})

describe('how a call stands', () => {
  const event = (type: string, call_id = 'a', more = {}) => ({ type, call_id, data: {}, ...more })
  it('is what its log came to, its own alone', () => {
    const events = [
      ...[event('call.held'), event('recording.started'), event('call.listened')],
      ...[event('call.listened'), event('call.resumed'), event('recording.paused')],
      ...[event('call.unlistened'), event('call.muted', 'b'), event('call.muted')],
    ]
    expect(stateOf(events, 'a')).toEqual({
      ...{ isMuted: true, isHeld: false, recording: 'paused', listeners: 1 },
    })
  })
})

describe('forms', () => {
  const fields = formFields({
    properties: {
      scopes: { type: ['array', 'null'], items: { type: 'string', enum: ['read', 'calls'] } },
      route: { type: 'object', properties: { device: { type: 'string' } } },
      test: { type: 'boolean' },
    },
  })

  it('have boxes for several of a few words, and inputs of their own for routes', () => {
    expect(fields.map(({ kind }) => kind)).toEqual(['choices', 'route', 'switch'])
  })

  it('say nothing of what was not touched, and null for no box where that may be', () => {
    expect(bodyOf(fields, { scopes: '', route: '', test: '' }, undefined)).toEqual({})
    const before = { scopes: ['read'], route: { device: '1001' } }
    expect(bodyOf(fields, { scopes: '', route: '{"device": "1001"}' }, before)).toMatchObject({
      scopes: null,
    })
    expect(bodyOf(fields, { scopes: 'read, calls' }, undefined)).toEqual({
      scopes: ['read', 'calls'],
    })
  })
})

it('a month ends where the next one begins', () => {
  expect(monthOf('2026-12')).toEqual({
    from: '2026-12-01T00:00:00.000Z',
    to: '2027-01-01T00:00:00.000Z',
  })
  expect(monthOf('soon')).toEqual({ from: 'soon', to: 'soon' })
})
