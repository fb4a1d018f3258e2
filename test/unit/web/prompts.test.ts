import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Failure } from '../../../engine/core/failures.ts'
import type { AccountId } from '../../../engine/core/ids.ts'
import { readWav, wavHeader } from '../../../engine/dsp/wav.ts'
import { createFetch } from '../../../engine/web/fetch.ts'
import { createGuard } from '../../../engine/web/guard.ts'
import { createPrompts, type PromptOptions } from '../../../engine/web/prompts.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { loopback, serve, testLog, until } from './server.ts'

const account = '00000000-0000-4000-8000-000000000001' as AccountId

let dataDir: string
let clock: VirtualClock
let messages: string[]
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-prompts-'))
  clock = new VirtualClock()
  messages = []
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const prompts = (over: Partial<PromptOptions> = {}) => {
  const fetch = createFetch(createGuard(loopback), clock)
  const prompt = createPrompts({
    ...{ dataDir, fetch, clock, log: testLog(messages), loudness: 'off' as const, ...over },
  })
  return (url: string, signal?: AbortSignal, of = account) => prompt(url, of, signal)
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'let through',
    (error: Failure) => `${error.code}: ${error.message}`,
  )

/** A sine of 400 Hz on all channels. */
function wav(rateHz: number, channels: number, durationMs: number, level = 8_000): Buffer {
  const frames = Math.round((rateHz * durationMs) / 1_000)
  const pcm = Buffer.alloc(frames * channels * 2)
  for (let i = 0; i < frames * channels; i++) {
    const seconds = Math.floor(i / channels) / rateHz
    pcm.writeInt16LE(Math.round(level * Math.sin(2 * Math.PI * 400 * seconds)), i * 2)
  }
  const header = wavHeader({ rateHz, channels, format: 'pcm16', dataBytes: pcm.length })
  return Buffer.concat([header, pcm])
}

const send = (response: ServerResponse, body: Buffer, headers: Record<string, string> = {}) =>
  response.writeHead(200, headers).end(body)

/** How many waves of 400 Hz there are: says that rate and length are right. */
function zeroCrossings(samples: Int16Array): number {
  let count = 0
  for (let i = 1; i < samples.length; i++) if (samples[i - 1]! < 0 && samples[i]! >= 0) count++
  return count
}

const kinds: readonly [number, number, number][] = [
  [8_000, 1, 500],
  [8_000, 2, 500],
  [16_000, 1, 500],
  [22_050, 1, 500],
  [44_100, 2, 500],
  [44_100, 2, 3_000],
  [48_000, 1, 3_000],
  [11_111, 1, 500],
]
for (const [rateHz, channels, durationMs] of kinds) {
  test(`${rateHz} Hz with ${channels} channels, ${durationMs} ms, becomes mono at 8 or 16 kHz`, async () => {
    const server = await serve((_request, response) =>
      send(response, wav(rateHz, channels, durationMs)),
    )
    const played = await prompts()(`${server.origin}/a.wav`)
    expect(played.durationMs).toBe(durationMs)
    const file = readFileSync(played.path)
    const { rateHz: outHz, samples } = readWav(file)
    const keptHz = rateHz === 8_000 ? 8_000 : 16_000
    const frames = Math.round((Math.round((rateHz * durationMs) / 1_000) * keptHz) / rateHz)
    expect([outHz, samples.length, samples[0]!.length]).toEqual([keptHz, 1, frames])
    expect(file.length).toBe(44 + frames * 2)
    expect(Math.abs(zeroCrossings(samples[0]!) - (400 * durationMs) / 1_000)).toBeLessThanOrEqual(2)
    expect(samples[0]!.reduce((max, sample) => Math.max(max, sample), 0)).toBeGreaterThan(7_500)
  })
}

const bad: readonly [string, () => Buffer][] = [
  ['nothing', () => Buffer.alloc(0)],
  ['HTML', () => Buffer.from('<html>not found</html>'.repeat(50))],
  ['MP3', () => Buffer.concat([Buffer.from('ID3'), Buffer.alloc(5_000)])],
  ['a header alone', () => wav(8_000, 1, 0)],
  ['a header cut off', () => wav(8_000, 1, 10).subarray(0, 30)],
  [
    'more than an hour',
    () => {
      const hour = Buffer.alloc(44 + 14_500_000, 0x80)
      hour.set(wavHeader({ rateHz: 4_000, channels: 1, format: 'pcm16', dataBytes: 14_500_000 }))
      // 8-bit: a sample a byte.
      hour.writeUInt16LE(1, 32)
      hour.writeUInt16LE(8, 34)
      return hour
    },
  ],
]
for (const [name, make] of bad) {
  test(`${name} is invalid_audio and leaves no file`, async () => {
    const server = await serve((_request, response) => send(response, make()))
    expect(await codeOf(prompts()(server.origin))).toMatch(/^invalid_audio: ./)
    expect(readdirSync(join(dataDir, 'prompts'))).toEqual([])
  })
}

test('any mutilation of a WAV is played or refused, nothing else', async () => {
  const whole = wav(8_000, 1, 20)
  let body = whole
  const server = await serve((_request, response) => send(response, body))
  const prompt = prompts()
  for (let at = 0; at < 44; at++) {
    for (const value of [0, 0xff]) {
      body = Buffer.from(whole)
      body[at] = value
      expect(await codeOf(prompt(`${server.origin}/${at}/${value}`))).toMatch(
        /^(let through|invalid_audio)/,
      )
    }
  }
  expect(messages).toEqual([])
})

test('another status than 200 is url_unreachable', async () => {
  for (const status of [204, 206, 304, 404, 500]) {
    const server = await serve((_request, response) => response.writeHead(status).end())
    expect(await codeOf(prompts()(server.origin))).toBe(
      `url_unreachable: the prompt's server answered with ${status}`,
    )
  }
})

test('too large and too slow are url_unreachable', async () => {
  const large = await serve((_request, response) =>
    send(response, Buffer.alloc(20 * 1024 * 1024 + 1)),
  )
  expect(await codeOf(prompts()(large.origin))).toMatch(/^url_unreachable: .*larger/)
  const slow = await serve(() => undefined)
  const work = codeOf(prompts()(slow.origin))
  await until(() => slow.requests.length === 1)
  await clock.advance(9_999)
  expect(slow.open).toBe(1)
  await clock.advance(1)
  expect(await work).toMatch(/^url_unreachable: .*10000 ms/)
})

test('asked for again with its ETag; 304 gives the kept file', async () => {
  const server = await serve((request, response) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
    else send(response, wav(8_000, 1, 100), { etag: '"v1"' })
  })
  const prompt = prompts()
  const first = await prompt(server.origin)
  expect(await prompt(server.origin)).toEqual(first)
  expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
    undefined,
    '"v1"',
  ])
})

test('without an ETag Last-Modified serves', async () => {
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
  const server = await serve((request, response) => {
    if (request.headers['if-modified-since'] === date) response.writeHead(304).end()
    else send(response, wav(8_000, 1, 100), { 'last-modified': date })
  })
  const prompt = prompts()
  expect(await prompt(server.origin)).toEqual(await prompt(server.origin))
  expect(await prompt(server.origin)).toEqual(await prompt(server.origin))
})

test('max-age spares the question, for an hour at most', async () => {
  const server = await serve((_request, response) =>
    send(response, wav(8_000, 1, 100), { 'cache-control': 'public, max-age=999999' }),
  )
  const prompt = prompts()
  await prompt(server.origin)
  await clock.advance(3_599_999)
  await prompt(server.origin)
  expect(server.requests).toHaveLength(1)
  await clock.advance(1)
  await prompt(server.origin)
  expect(server.requests).toHaveLength(2)
})

test('a changed prompt is a new file; the old one stays for whom it is playing to', async () => {
  let level = 1_000
  const server = await serve((_request, response) => send(response, wav(8_000, 1, 100, level)))
  const prompt = prompts()
  const first = await prompt(server.origin)
  level = 2_000
  const second = await prompt(server.origin)
  expect(second.path).not.toBe(first.path)
  expect(existsSync(first.path)).toBe(true)
})

test('while its server is away, a kept prompt serves for as long as stale-if-error says', async () => {
  let isAway = false
  const server = await serve((request, response) => {
    if (isAway && request.url === '/503') response.writeHead(503).end()
    else if (isAway) response.destroy()
    else send(response, wav(8_000, 1, 100), { 'cache-control': 'max-age=10, stale-if-error=60' })
  })
  const prompt = prompts()
  const urls = [`${server.origin}/503`, `${server.origin}/gone`]
  const kept = await Promise.all(urls.map((url) => prompt(url)))
  isAway = true
  await clock.advance(69_000)
  expect(await Promise.all(urls.map((url) => prompt(url)))).toEqual(kept)
  expect(server.requests).toHaveLength(4)
  await clock.advance(1_000)
  for (const url of urls) expect(await codeOf(prompt(url))).toMatch(/^url_unreachable/)
})

test('without stale-if-error it does not serve', async () => {
  let status = 200
  const server = await serve((_request, response) => {
    response.writeHead(status, { etag: '"x"' }).end(wav(8_000, 1, 100))
  })
  const prompt = prompts()
  await prompt(server.origin)
  status = 500
  expect(await codeOf(prompt(server.origin))).toBe(
    "url_unreachable: the prompt's server answered with 500",
  )
})

test('prompts that were made for another loudness are made anew', async () => {
  const server = await serve((_request, response) => send(response, wav(8_000, 1, 500)))
  const first = await prompts()(server.origin)
  const second = await prompts({ loudness: -30 })(server.origin)
  expect(second.path).not.toBe(first.path)
  expect(existsSync(first.path)).toBe(false)
})

const liars: readonly [string, (response: ServerResponse) => void][] = [
  [
    'sends forever',
    (response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      response.writeHead(200)
      more()
    },
  ],
  [
    'promises more than it sends',
    (response) => {
      response.writeHead(200, { 'content-length': '5000' }).write(wav(8_000, 1, 100))
      setTimeout(() => response.destroy(), 20)
    },
  ],
  [
    'says that it sends 100 MB',
    (response) => response.writeHead(200, { 'content-length': '100000000' }).write('RIFF'),
  ],
]
test.each(liars)(
  'a server that %s: url_unreachable, and nothing is kept',
  async (_name, answer) => {
    const server = await serve((_request, response) => answer(response))
    expect(await codeOf(prompts()(server.origin))).toMatch(/^url_unreachable: ./)
    expect(readdirSync(join(dataDir, 'prompts'))).toEqual([])
    await until(() => server.open === 0)
  },
)

test('a server that sends a byte a second is given up after 10 s', async () => {
  const body = wav(8_000, 1, 100)
  let sent = 0
  const waiting: ServerResponse[] = []
  const server = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': `${body.length}` })
    response.flushHeaders()
    waiting.push(response)
  })
  const work = codeOf(prompts()(server.origin))
  await until(() => waiting.length === 1)
  for (let second = 0; second < 10; second++) {
    waiting[0]!.write(body.subarray(sent, ++sent))
    await clock.advance(1_000)
  }
  expect(await work).toMatch(/^url_unreachable: .*10000 ms/)
})

test('many who want the same at once cause one request; one who gives up harms no other', async () => {
  const waiting: ServerResponse[] = []
  const server = await serve((_request, response) => waiting.push(response))
  const prompt = prompts()
  const controller = new AbortController()
  const quitter = codeOf(prompt(server.origin, controller.signal))
  const others = [prompt(server.origin), prompt(server.origin)]
  await until(() => waiting.length === 1)
  controller.abort()
  expect(await quitter).toBe('url_unreachable: the request was given up')
  send(waiting[0]!, wav(8_000, 1, 100))
  const [a, b] = await Promise.all(others)
  expect(a).toEqual(b)
  expect(server.requests).toHaveLength(1)
})

test('slow servers of one account delay no other account, nor what is kept', async () => {
  const slow: ServerResponse[] = []
  const server = await serve(({ url }, response) => {
    if (url.startsWith('/slow')) slow.push(response)
    else send(response, wav(8_000, 1, 100), { 'cache-control': 'max-age=600' })
  })
  const prompt = prompts()
  const kept = await prompt(`${server.origin}/kept`)
  const line = Array.from({ length: 208 }, (_, n) => codeOf(prompt(`${server.origin}/slow${n}`)))
  await until(() => slow.length === 8)
  expect(await prompt(`${server.origin}/kept`)).toEqual(kept)
  const other = '00000000-0000-4000-8000-000000000002' as AccountId
  expect(await prompt(`${server.origin}/other`, undefined, other)).toBeDefined()
  expect(slow).toHaveLength(8)
  expect(await codeOf(prompt(`${server.origin}/slow-too`))).toBe(
    'url_unreachable: too many prompts are being fetched',
  )
  for (let done = 0; done < line.length; done++) {
    await until(() => slow.length > done)
    slow[done]?.writeHead(404).end()
  }
  expect(new Set(await Promise.all(line))).toEqual(
    new Set(["url_unreachable: the prompt's server answered with 404"]),
  )
})

test('kept prompts outlive a restart; left-overs of a crash do not', async () => {
  const server = await serve((request, response) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
    else send(response, wav(8_000, 1, 100), { etag: '"v1"' })
  })
  const first = await prompts()(server.origin)
  writeFileSync(join(dataDir, 'prompts', 'half-written.tmp'), 'x')
  expect(await prompts()(server.origin)).toEqual(first)
  expect(server.requests[1]?.headers['if-none-match']).toBe('"v1"')
  expect(readdirSync(join(dataDir, 'prompts'))).toHaveLength(2)
})

test('only what is named as files of the cache is removed from its folder', async () => {
  const server = await serve((_request, response) => send(response, wav(8_000, 1, 100)))
  const folder = join(dataDir, 'prompts')
  const foreign = ['greeting.wav', 'notes.txt', 'photos', 'work.tmp']
  for (const name of ['photos', 'work.tmp']) mkdirSync(join(folder, name), { recursive: true })
  for (const name of ['greeting.wav', 'notes.txt', 'photos/1.jpg', `${'f'.repeat(64)}.wav`]) {
    writeFileSync(join(folder, name), 'x')
  }
  const { path } = await prompts()(server.origin)
  expect(new Set(readdirSync(folder))).toEqual(new Set([basename(path), ...foreign, 'index.json']))
  expect(readdirSync(join(folder, 'photos'))).toEqual(['1.jpg'])
})

for (const damage of [
  '',
  '{',
  '[[1,2]]',
  '[["u",{"file":"../../etc/passwd","bytes":1}]]',
  'null',
]) {
  test(`a damaged index (${damage}) is an empty cache`, async () => {
    const server = await serve((_request, response) => send(response, wav(8_000, 1, 100)))
    await prompts()(server.origin)
    writeFileSync(join(dataDir, 'prompts', 'index.json'), damage)
    expect((await prompts()(server.origin)).durationMs).toBe(100)
  })
}

test('the folder is bounded: the one not used for longest goes, none that was used just now', async () => {
  let level = 1_000
  const server = await serve((_request, response) => {
    level += 10
    send(response, wav(8_000, 1, 100, level), { 'cache-control': 'max-age=3600' })
  })
  const prompt = prompts({ maxCachedPrompts: 3 })
  const paths: string[] = []
  for (const name of ['a', 'b', 'c', 'd'])
    paths.push((await prompt(`${server.origin}/${name}`)).path)
  expect(paths.every((path) => existsSync(path))).toBe(true)
  await clock.advance(11 * 60_000)
  await prompt(`${server.origin}/a`)
  await prompt(`${server.origin}/e`)
  expect(paths.map((path) => existsSync(path))).toEqual([true, false, false, true])
  const small = prompts({ maxCachedBytes: 2_000 })
  await clock.advance(11 * 60_000)
  await small(`${server.origin}/f`)
  expect(
    readdirSync(join(dataDir, 'prompts')).filter((name) => name.endsWith('.wav')),
  ).toHaveLength(1)
})

test('a file that two URLs share stays as long as one of them is kept', async () => {
  const headers = { 'cache-control': 'max-age=3600' }
  const server = await serve((request, response) =>
    send(response, wav(8_000, 1, 100, request.url === '/c' ? 9_000 : 1_000), headers),
  )
  const prompt = prompts({ maxCachedPrompts: 2 })
  const first = await prompt(`${server.origin}/a`)
  await clock.advance(11 * 60_000)
  const twin = await prompt(`${server.origin}/b`)
  expect(twin.path).toBe(first.path)
  await prompt(`${server.origin}/c`)
  expect(existsSync(twin.path)).toBe(true)
  expect((await prompt(`${server.origin}/b`)).path).toBe(twin.path)
  expect(server.requests.map(({ url }) => url)).toEqual(['/a', '/b', '/c'])
})

test('a disk that takes nothing is internal_error, logged, and passes', async () => {
  const server = await serve((_request, response) => send(response, wav(8_000, 1, 100)))
  writeFileSync(join(dataDir, 'prompts'), 'a file where the folder should be')
  const prompt = prompts()
  expect(await codeOf(prompt(server.origin))).toMatch(/^internal_error/)
  expect(messages).toEqual(['a prompt could not be made ready'])
  rmSync(join(dataDir, 'prompts'))
  expect((await prompt(server.origin)).durationMs).toBe(100)
})
