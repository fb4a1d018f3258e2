import { expect, test } from 'vitest'
import { labDirectory, labEcho, labNumber } from '../../../engine/lab/plan.ts'
import { readSdp, writeSdp } from '../../../engine/lab/sdp.ts'

test.each([
  ['+15005550111', { is: 'pressAfterPrompt', key: '1', by: 'rtp' }],
  ['15005550125', { is: 'pressAfterPrompt', key: '5', by: 'info' }],
  ['+15005550130', { is: 'speakAndHangUp', sound: 'lead' }],
  [labEcho, { is: 'echo', lossPercent: 0 }],
  ['+15005550165', { is: 'echo', lossPercent: 5 }],
  ['+15005550171', { is: 'listen' }],
  ['+15005550180', { is: 'refuse', sipStatus: 486 }],
  ['+15005550191', { is: 'callBack', offer: 'late' }],
])('%s', (number, act) => {
  expect(labNumber(number)?.act).toEqual(act)
})

test('an answer after N seconds', () => {
  expect(labNumber('+15005550157')?.answerAfterMs).toBe(7_000)
})

test.each(['+15005550199', '+1500555014', '+61412345678', '', '+15005550131'])(
  '%j is not in the plan',
  (number) => {
    expect(labNumber(number)).toBeUndefined()
  },
)

test('every number of the directory is in the plan', () => {
  for (const { number, what } of labDirectory) {
    expect(labNumber(number.replace(/[KN]$/, '3'))?.what).toBe(what)
  }
})

test('the lab reads its own SDP', () => {
  const sdp = writeSdp('127.0.0.77', 4_000)
  expect(readSdp(sdp)).toEqual({
    address: '127.0.0.77',
    port: 4_000,
    payloadType: 0,
    telephoneEventType: 101,
  })
  expect(readSdp('')).toBeUndefined()
  expect(readSdp(sdp.replace('0 8 101', '18'))).toBeUndefined()
})
