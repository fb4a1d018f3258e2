import { describe, expect, test } from 'vitest'
import { TelephoneEventReceiver } from '../../../engine/dsp/telephone-event.ts'

interface Packet {
  event: number
  ts: number
  duration: number
  end?: boolean
  marker?: boolean
}

/** A press as phones send it: a packet each 20 ms, the last of them three times. */
function press(event: number, ts: number, packets: number, withMarker = true): Packet[] {
  const row = Array.from({ length: packets }, (_, i) => ({
    event,
    ts,
    duration: 160 * (i + 1),
    marker: withMarker && i === 0,
    end: i === packets - 1,
  }))
  const last = row.at(-1)!
  return [...row, last, last]
}

function receive(packets: readonly (Packet | undefined)[], ticksAfter = 10) {
  const digits: string[] = []
  const durationsMs: number[] = []
  const starts: string[] = []
  const receiver = new TelephoneEventReceiver({
    onDigit: (digit, durationMs) => {
      digits.push(digit)
      durationsMs.push(durationMs)
    },
    onStart: (digit) => starts.push(digit),
  })
  let nowMs = 1_000_000
  let sequence = 0
  for (const packet of packets) {
    if (packet) {
      const payload = Uint8Array.of(
        packet.event,
        (packet.end ? 0x80 : 0) | 10,
        packet.duration >> 8,
        packet.duration & 0xff,
      )
      receiver.packet(payload, 0, 4, packet.ts >>> 0, packet.marker ?? false, sequence)
    }
    sequence += 1
    nowMs += 20
    receiver.tick(nowMs)
  }
  for (let i = 0; i < ticksAfter; i++) {
    nowMs += 20
    receiver.tick(nowMs)
  }
  return { digits: digits.join(''), durationsMs, starts: starts.join(''), receiver }
}

const silence = (ticks: number) => Array.from({ length: ticks }, () => undefined)
const twoPresses = [...press(5, 1000, 5), ...silence(3), ...press(5, 3000, 5)]

describe('a press is reported exactly once', () => {
  test('all packets arrive', () => {
    const heard = receive(press(5, 1000, 5))
    expect(heard).toMatchObject({ digits: '5', starts: '5', durationsMs: [100] })
  })

  test('any two packets of two presses of the same key are lost', () => {
    for (let a = 0; a < twoPresses.length; a++) {
      for (let b = a; b < twoPresses.length; b++) {
        const left = twoPresses.map((packet, i) => (i === a || i === b ? undefined : packet))
        expect(receive(left).digits, `without ${a} and ${b}`).toBe('55')
      }
    }
  })

  test('any two neighbouring packets change places', () => {
    for (let a = 0; a + 1 < twoPresses.length; a++) {
      const swapped = [...twoPresses]
      swapped[a] = twoPresses[a + 1]
      swapped[a + 1] = twoPresses[a]
      expect(receive(swapped).digits, `${a} behind ${a + 1}`).toBe('55')
    }
  })

  const rows: readonly { name: string; packets: (Packet | undefined)[]; digits: string }[] = [
    { name: 'all end packets are lost', packets: press(7, 0, 5).slice(0, 4), digits: '7' },
    { name: 'only the first packet arrives', packets: press(7, 0, 5).slice(0, 1), digits: '7' },
    { name: 'only the last end packet arrives', packets: press(7, 0, 5).slice(6), digits: '7' },
    {
      name: 'all end packets are lost and the next press follows at once',
      packets: [...press(1, 0, 5).slice(0, 4), ...press(2, 1600, 5)],
      digits: '12',
    },
    {
      name: 'the same key again at once, all end packets lost',
      packets: [...press(1, 0, 5).slice(0, 4), ...press(1, 1600, 5)],
      digits: '11',
    },
    {
      name: 'every packet twice',
      packets: press(9, 0, 5).flatMap((packet) => [packet, packet]),
      digits: '9',
    },
    {
      name: 'the middle is lost for longer than the silence limit',
      packets: [...press(3, 0, 20).slice(0, 5), ...silence(8), ...press(3, 0, 20).slice(13)],
      digits: '3',
    },
    { name: 'no marker anywhere', packets: press(4, 0, 5, false), digits: '4' },
    {
      name: 'the timestamp wraps between presses',
      packets: [...press(1, 2 ** 32 - 1000, 5), ...silence(2), ...press(2, 600, 5)],
      digits: '12',
    },
    {
      name: 'a straggler of the press before',
      packets: [...press(1, 0, 5), ...press(2, 1600, 5), press(1, 0, 5)[6]],
      digits: '12',
    },
    {
      name: 'a sender that moves the timestamp with each packet',
      packets: press(6, 0, 6).map((p, i) => ({ ...p, ts: Math.min(i, 5) * 160 })),
      digits: '6',
    },
  ]
  test.each(rows)('$name', ({ packets, digits }) => {
    const heard = receive(packets)
    expect(heard.digits).toBe(digits)
    expect(heard.starts).toBe(digits)
  })
})

test('all sixteen keys', () => {
  const packets = Array.from({ length: 16 }, (_, event) => press(event, event * 4000, 3)).flat()
  expect(receive(packets).digits).toBe('0123456789*#ABCD')
})

test('a press of 20 s told in segments is one digit with its whole duration', () => {
  const packets: Packet[] = []
  for (let told = 160; told <= 160_000; told += 160) {
    const segment = Math.floor((told - 1) / 65535)
    packets.push({
      event: 8,
      ts: 500 + segment * 65535,
      duration: told - segment * 65535,
      marker: told === 160,
      end: told === 160_000,
    })
  }
  expect(receive(packets)).toMatchObject({ digits: '8', starts: '8', durationsMs: [20_000] })
})

test('a lost end is reported after 100 ms without packets, not before', () => {
  const packets = press(5, 0, 5).slice(0, 4)
  expect(receive(packets, 4).digits).toBe('')
  expect(receive(packets, 5).digits).toBe('5')
})

test('reset reports a press still open', () => {
  const { receiver } = receive([])
  const heard: string[] = []
  const other = new TelephoneEventReceiver({ onDigit: (digit) => heard.push(digit) })
  receiver.reset()
  other.packet(Uint8Array.of(2, 0, 0, 160), 0, 4, 0, true, 0)
  expect(other.pressed).toBe(true)
  other.reset()
  other.reset()
  expect(heard).toEqual(['2'])
  other.packet(Uint8Array.of(2, 0x80, 0, 160), 0, 4, 0, true, 0)
  expect(heard).toEqual(['2', '2'])
})

test.each([
  { name: 'three bytes', payload: [5, 0x80, 0], length: 3, counter: 'malformed' },
  { name: 'length beyond the buffer', payload: [5, 0x80, 0, 1], length: 5, counter: 'malformed' },
  { name: 'flash', payload: [16, 0x80, 0, 1], length: 4, counter: 'ignored' },
  { name: 'event 255', payload: [255, 0x80, 0, 1], length: 4, counter: 'ignored' },
] as const)('$name is counted as $counter', ({ payload, length, counter }) => {
  const { receiver, digits } = receive([])
  receiver.packet(Uint8Array.from(payload), 0, length, 0, true, 0)
  expect(receiver[counter]).toBe(1)
  expect(digits).toBe('')
})
