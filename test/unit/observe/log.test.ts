import { spawn, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { createLog } from '../../../engine/observe/index.ts'
import fc from '../../support/property.ts'

function capture(level: Parameters<typeof createLog>[0]['level'] = 'debug') {
  const lines: string[] = []
  const log = createLog({ level, destination: { write: (line) => lines.push(line) } })
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '') as never
  return { log, lines, last }
}

/** One line, whose only control character is the newline at its end. */
function expectOneLine(line: string): void {
  expect(line.endsWith('\n')).toBe(true)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
}

test('a line holds level, ISO time, message and fields', () => {
  const { log, last } = capture()
  log.child({ callId: 'c1' }).warn('lost a packet', { count: 3 })
  expect(last()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    callId: 'c1',
    count: 3,
    msg: 'lost a packet',
  })
})

test('levels below the setting are not written', () => {
  const { log, lines } = capture('warn')
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  expect(lines).toHaveLength(2)
  const silent = capture('silent')
  silent.log.error('nothing')
  expect(silent.lines).toHaveLength(0)
})

const hostile = [
  'a\r\n{"level":"error","msg":"forged"}',
  '\u001b[2J\u001b[31mred',
  'nul\u0000nul',
  '\u009b31m 8-bit CSI',
  'line\u2028separator\u2029',
  '\ud800 lone surrogate',
  '=cmd|calc',
  '<script>alert(1)</script>',
]
for (const text of hostile) {
  test(`stays one valid line: ${JSON.stringify(text)}`, () => {
    const { log, lines, last } = capture()
    log.info(text, { [text]: text, nested: { list: [text] } })
    expect(lines).toHaveLength(1)
    expectOneLine(lines[0]!)
    expect(last()['level']).toBe('info')
    if (!text.includes('\ud800')) {
      expect(last()['msg']).toBe(text)
      expect(last()['nested']).toEqual({ list: [text] })
    }
  })
}

test('any value makes one valid line and never throws', () => {
  const { log, lines } = capture()
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.dictionary(
        fc.string({ unit: 'binary' }),
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
      ),
      (message, fields) => {
        lines.length = 0
        log.child(fields).error(message, fields)
        expect(lines).toHaveLength(1)
        expectOneLine(lines[0]!)
        JSON.parse(lines[0]!)
      },
    ),
    { numRuns: 300 },
  )
})

test('fields cannot replace level, time or msg', () => {
  const { log, lines, last } = capture()
  log.child({ level: 'fake' }).info('true', { level: 'fake', time: 'never', msg: 'false' })
  expect(lines[0]?.match(/"level":/g)).toHaveLength(1)
  expect(last()).toMatchObject({ level: 'info', msg: 'true', msg_: 'false', time_: 'never' })
})

const secrets: readonly Record<string, unknown>[] = [
  { password: 'hunter2' },
  { trunk: { password: 'hunter2' } },
  { headers: { Authorization: 'Digest hunter2' } },
  { headers: { 'x-api-key': 'hunter2' } },
  { apiKey: 'hunter2' },
  { list: [{ api_key: 'hunter2' }] },
  { ha1Md5: 'hunter2' },
  { webhookSecret: 'hunter2' },
  { cookie: 'hunter2' },
  { text: 'Authorization: Digest username="a", response="hunter2"' },
  { text: 'REGISTER sip:a\r\nProxy-Authorization: Digest hunter2\r\nTo: b' },
  { url: 'https://user:hunter2@example.com/' },
  { url: 'https://example.com/?a=1&api_key=hunter2&b=2' },
  { body: '{"password": "hunter2"}' },
  { error: new Error('Bearer hunter2') },
]
for (const fields of secrets) {
  test(`hidden: ${JSON.stringify(fields)}`, () => {
    const { log, lines } = capture()
    log.info('with a secret', fields)
    log.child(fields).info('in a child')
    log.info(
      `message ${Object.values(fields).filter((v) => typeof v === 'string' && v !== 'hunter2')}`,
    )
    expect(lines.join('')).not.toContain('hunter2')
    expect(lines.join('')).toContain('[hidden]')
  })
}

test('what is around a secret in a text stays', () => {
  const { log, last } = capture()
  log.info('REGISTER sip:a\r\nAuthorization: Digest x\r\nTo: <sip:b>')
  expect(last()['msg']).toBe('REGISTER sip:a\r\nAuthorization: [hidden]\r\nTo: <sip:b>')
})

test('errors keep type, message, code, stack and cause', () => {
  const { log, last } = capture()
  const cause = Object.assign(new TypeError('inner'), { code: 'E_IN' })
  log.error('failed', { error: new Error('outer', { cause }) })
  expect(last()['error']).toMatchObject({
    type: 'Error',
    message: 'outer',
    stack: expect.stringContaining('log.test.ts'),
    cause: { type: 'TypeError', message: 'inner', code: 'E_IN' },
  })
})

test('circles, depth, getters that throw, great size: bounded, never an exception', () => {
  const { log, lines, last } = capture()
  const circle: Record<string, unknown> = { name: 'circle' }
  circle['self'] = circle
  const thrower = Object.defineProperty({}, 'bad', {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })
  log.info('odd', {
    circle,
    thrower,
    bytes: new Uint8Array(1_000_000),
    long: 'x'.repeat(1_000_000),
    many: Array.from({ length: 100_000 }, (_, index) => index),
    deep: JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`),
    big: 2n ** 70n,
    nan: Number.NaN,
  })
  expect(last()).toMatchObject({
    circle: { name: 'circle', self: '[circular]' },
    thrower: { bad: '[unreadable]' },
    bytes: '[1000000 bytes]',
    big: '1180591620717411303424',
    nan: 'NaN',
  })
  expect(lines[0]!.length).toBeLessThan(10_000)
})

const child = (body: string): string[] => [
  '--disable-warning=ExperimentalWarning',
  '--input-type=module',
  '-e',
  `import { createLog } from ${JSON.stringify(import.meta.resolve('../../../engine/observe/index.ts'))}
   const log = createLog({ level: 'info' })
   ${body}`,
]

test('the standard output gets every line before the process ends', () => {
  const script = child("for (let i = 0; i < 20_000; i++) log.info('line', { i }); process.exit(0)")
  const options = { encoding: 'utf8', maxBuffer: 1e9 } as const
  const { stdout, status } = spawnSync(process.execPath, script, options)
  expect(status).toBe(0)
  const lines = stdout.trim().split('\n')
  const numbers = lines.map((line) => (JSON.parse(line) as { i: number }).i)
  expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
})

test('a reader that goes away does not end the process', async () => {
  const script = child(`let i = 0
    setInterval(() => { log.info('line', { i }); if (++i === 30) process.exit(7) }, 10)`)
  const running = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'ignore'] })
  running.stdout.once('data', () => running.stdout.destroy())
  const code = await new Promise((resolve) => running.on('exit', resolve))
  expect(code).toBe(7)
})
