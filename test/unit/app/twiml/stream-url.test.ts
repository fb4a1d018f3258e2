import { describe, expect, test } from 'vitest'
import { readTwiml } from '../../../../engine/app/twiml/index.ts'

const read = (stream: string) =>
  readTwiml(`<Response>\n<Start>${stream}</Start>\n</Response>`, {
    url: 'https://app.example/calls/in?a=1',
    hasVoice: () => true,
  })

describe('the url of a Stream', () => {
  test.each([
    ['wss://bot.example/a?b=1', 'wss://bot.example/a?b=1'],
    [' WS://bot.example:8080/ ', 'ws://bot.example:8080/'],
    ['audio', 'wss://app.example/calls/audio'],
    ['//bot.example/a', 'wss://bot.example/a'],
  ])('%s is dialled as %s', (url, dialled) => {
    expect(read(`<Stream url="${url}"/>`).verbs).toMatchObject([{ verb: 'stream', url: dialled }])
  })

  test.each([
    ...['https://bot.example/a', 'HTTP://bot.example/a', 'ftp://bot.example/', 'http:bot'],
    ...['wss://bot.example/a#b', '#b', '', ' '],
  ])('"%s" is refused, and where it stands is told', (url) => {
    const column = `<Start><Stream url="${url}"/>`.length
    const place = `TwiML fault in line 2, column ${column}: `
    expect(() => read(`<Stream url="${url}"/>`)).toThrow(
      `${place}Stream needs a url that begins with wss: or ws:, without a fragment`,
    )
  })
})
