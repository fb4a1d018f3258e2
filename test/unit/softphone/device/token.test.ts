import { describe, expect, test } from 'vitest'
import { readToken } from '../../../../softphone/device/token.ts'

const good = {
  version: 1,
  username: '1001',
  displayName: 'Zoë',
  realm: 'ringdown',
  authorizationUsername: 't.abc',
  secret: 's3cret',
  expiresAt: '2030-01-01T00:00:00.000Z',
  url: '/sip',
  iceServers: [],
}
const tokenOf = (contents: unknown): string =>
  Buffer.from(JSON.stringify(contents)).toString('base64url')

test('a token gives the credentials, in whatever letters the name is written', () => {
  expect(readToken(tokenOf(good))).toEqual({
    username: '1001',
    displayName: 'Zoë',
    realm: 'ringdown',
    authorizationUsername: 't.abc',
    password: 's3cret',
    expiresAt: new Date('2030-01-01'),
    url: '/sip',
    iceServers: [],
  })
})

test('a server without a WebSocket says null', () => {
  expect(readToken(tokenOf({ ...good, url: null })).url).toBeUndefined()
})

describe('what is no token is refused:', () => {
  test.each([
    ['empty', ''],
    ['no Base64', '%%%'],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['no object', tokenOf('text')],
    ['null', tokenOf(null)],
    ['no name', tokenOf({ ...good, username: undefined })],
    ['a number for a name', tokenOf({ ...good, username: 1001 })],
    ['an empty secret', tokenOf({ ...good, secret: '' })],
    ['a wrong date', tokenOf({ ...good, expiresAt: 'soon' })],
  ])('%s', (_what, token) => {
    expect(() => readToken(token)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
