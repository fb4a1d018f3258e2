import { expect, test } from 'vitest'
import { iceServersFor } from '../../../engine/core/turn.ts'

const urls = ['turn:turn.example.com:3478?transport=udp']
const relays = { stunUrls: [], turnUrls: urls, secret: 'north-by-northwest' }

test('credentials end when they say, and are the HMAC-SHA1 of that in base64', () => {
  expect(iceServersFor(relays, '1001', 1_800_000_000)).toEqual([
    { urls, username: '1800000000:1001', credential: 'z4bW0gAiYzAGimTXhTfiuXa6wyE=' },
  ])
})

test('STUN servers take none; without servers the list is empty', () => {
  const stunUrls = ['stun:stun.example.com']
  expect(iceServersFor({ ...relays, stunUrls }, '1001', 1)).toMatchObject([
    { urls: stunUrls },
    { urls, username: '1:1001' },
  ])
  expect(iceServersFor({ stunUrls: [], turnUrls: [], secret: undefined }, '1001', 1)).toEqual([])
})
