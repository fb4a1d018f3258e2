import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Voice } from '../../../engine/core/ports/speech.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { EspeakNg, type PcmStream } from '../../../tts/index.ts'
import { VoiceBook } from '../../../tts/voice-book.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espeak-'))
})
afterAll(() => rm(folder, { recursive: true }))

const listing = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)`

const silentWav = () => join(folder, 'silent.wav')
const aSecond = Buffer.concat([
  wavHeader({ rateHz: 22050, channels: 1, format: 'pcm16', dataBytes: 44100 }),
  Buffer.alloc(44100),
])

/** A program that answers --version and --voices as espeak-ng does, and otherwise runs `script`. */
async function stand(name: string, script: string): Promise<string> {
  const path = join(folder, name)
  const program = `#!/bin/sh
case "$1" in
  --version) echo 'eSpeak NG text-to-speech: 1.51  Data at: /usr/lib'; exit 0;;
  --voices) cat <<'END'
${listing}
END
  exit 0;;
esac
${script}
`
  await writeFile(silentWav(), aSecond)
  await writeFile(path, program)
  await chmod(path, 0o755)
  return path
}

const speak = (provider: EspeakNg, text = 'hello', signal = new AbortController().signal) =>
  heard(provider.speak({ text, voice: 'en-us', ...asItIs }, signal))

const asItIs = { rate: 1, octaves: 0, gain: 1, spelled: false } as const

async function heard(stream: PcmStream): Promise<{ rateHz: number; seconds: number }> {
  let rateHz = 0
  let samples = 0
  for await (const chunk of stream) {
    rateHz = chunk.rateHz
    samples += chunk.samples.length
  }
  return { rateHz, seconds: samples / rateHz }
}

describe('voices', () => {
  const rows = [
    { voice: undefined, resolved: 'en-us' },
    { voice: 'en-us', resolved: 'en-us' },
    { voice: 'EN_GB', resolved: 'en-gb' },
    { voice: 'en-AU', resolved: 'en' },
    { voice: 'zh', resolved: 'zh' },
    { voice: 'zh-CMN+f2', resolved: 'cmn+f2' },
    { voice: 'en-gb+f2', resolved: 'en+f2' },
    { voice: 'en+f2', resolved: 'en+f2' },
    { voice: 'xx', resolved: undefined },
    { voice: '', resolved: undefined },
    { voice: '-w/tmp/x', resolved: undefined },
    { voice: '../en', resolved: undefined },
    { voice: 'en us', resolved: undefined },
    { voice: `en-${'x'.repeat(50)}`, resolved: undefined },
  ]
  test.each(rows)('$voice is $resolved', async ({ voice, resolved }) => {
    const provider = new EspeakNg({ program: await stand('voices', 'exit 0') })
    expect(new VoiceBook([provider]).find(voice)?.voice.name).toBe(resolved)
  })
})

test('the default voice is the one that is preferred, and stands first; one that nobody has is passed over', async () => {
  const provider = new EspeakNg({ program: await stand('voices', 'exit 0') })
  const first = (preferred?: string) => new VoiceBook([provider], preferred).all()[0]?.id
  expect([first(), first('af'), first('en-us+f3'), first('xx')]).toEqual([
    ...['espeak-ng:en-us', 'espeak-ng:af', 'espeak-ng:en-us+f3', 'espeak-ng:en-us'],
  ])
  const book = new VoiceBook([provider], 'af')
  expect(book.find(undefined)?.voice.id).toBe('espeak-ng:af')
  expect(book.all().filter(({ id }) => id === 'espeak-ng:af')).toHaveLength(1)
})

describe('the voice most like another', () => {
  const rows = [
    { voice: 'en-us', wish: { language: 'en-GB' }, like: 'en-gb' },
    { voice: 'en-us+f2', wish: { language: 'af' }, like: 'af+f2' },
    { voice: 'en-us', wish: { gender: 'female' }, like: 'en-us+f3' },
    { voice: 'en-gb', wish: { gender: 'female' }, like: 'en+f3' },
    { voice: 'en-us+f2', wish: { gender: 'female' }, like: 'en-us+f2' },
    { voice: 'en-us+f2', wish: { gender: 'male' }, like: 'en-us' },
    { voice: 'en-us+m3', wish: { gender: 'male' }, like: 'en-us+m3' },
    { voice: 'en-us', wish: { language: 'xx' }, like: undefined },
    { voice: 'en-us', wish: { language: 'af+f2' }, like: undefined },
    { voice: 'en-us', wish: { language: '' }, like: undefined },
  ] as const
  test.each(rows)('$voice, $wish: $like', async ({ voice, wish, like }) => {
    const provider = new EspeakNg({ program: await stand('voices', 'exit 0') })
    const known = provider.findVoice(voice, true) as Voice
    expect(provider.voiceLike(known, wish)?.name).toBe(like)
  })
})

describe('the program', () => {
  test('that is missing: a reason, and a clear failure', async () => {
    const provider = new EspeakNg({ program: join(folder, 'not-there') })
    expect(provider.unavailableBecause()).toMatch(/not installed.*apt-get install espeak-ng/)
    await expect(speak(provider)).rejects.toMatchObject({ code: 'speech_unavailable' })
  })

  test('gets the text by standard input only, and no phoneme codes', async () => {
    const seen = join(folder, 'seen')
    const program = await stand('echo', `{ echo "$@"; cat; } > ${seen}; cat ${silentWav()}`)
    await speak(new EspeakNg({ program }), '$(touch x); `id` [[a]] [[[ --help "é')
    expect(await readFile(seen, 'utf8')).toBe(
      '--stdin --stdout -b 1 -v en-us -s 175\n$(touch x); `id` [ [a]] [ [ [ --help "é',
    )
  })

  test('gets markup as it is, and told that it is', async () => {
    const seen = join(folder, 'seen-markup')
    const program = await stand('echo-markup', `{ echo "$@"; cat; } > ${seen}; cat ${silentWav()}`)
    const parts = [{ is: 'run', text: 'a', voice: 'en-us', ...asItIs }] as const
    const stream = new EspeakNg({ program }).speakScript(parts, 'en-us', AbortSignal.any([]))
    await heard(stream)
    expect(await readFile(seen, 'utf8')).toBe(
      '--stdin --stdout -b 1 -v en-us -s 175 -m\n<speak>a</speak>',
    )
  })

  const troubles = [
    {
      name: 'that fails',
      script: 'echo "no such voice" >&2; exit 3',
      says: /ended with 3: no such voice/,
    },
    { name: 'that crashes', script: 'kill -SEGV $$', says: /SIGSEGV/ },
    { name: 'that never ends', script: 'exec sleep 60', says: /longer than 300 ms/ },
    {
      name: 'that writes without end',
      script: () =>
        `head -c 1044 ${silentWav()} | head -c 40; printf '\\0\\0\\0\\0'; exec cat /dev/zero`,
      says: /too much/,
    },
    { name: 'that writes rubbish without end', script: 'exec cat /dev/zero', says: /no WAV/ },
    { name: 'that prints its usage', script: 'echo "Usage: speak [options]"', says: /no WAV/ },
    { name: 'that is silent', script: 'exit 0', says: /no audio/ },
    {
      name: 'that crashes in mid-stream',
      script: () => `head -c 30000 ${silentWav()}; kill -SEGV $$`,
      says: /SIGSEGV/,
    },
    {
      name: 'that leaves a child which holds its output',
      script: () => `cat ${silentWav()}; sleep 60 & exit 5`,
      says: /ended with 5/,
    },
    { name: 'that does not read', script: 'exit 4', says: /ended with 4/ },
  ]
  test.each(troubles)('$name: speech_unavailable', async ({ name, script, says }) => {
    const source = typeof script === 'string' ? script : script()
    const program = await stand(name.replaceAll(' ', '-'), source)
    const timeLimitMs = /never|holds/.test(name) ? 300 : 8000
    const result = speak(new EspeakNg({ program, timeLimitMs }), 'x'.repeat(5000))
    await expect(result).rejects.toMatchObject({
      code: 'speech_unavailable',
      message: expect.stringMatching(says),
    })
  })

  test('is killed when nobody wants it any more', async () => {
    const pidFile = join(folder, 'pid')
    const program = await stand('slow', `echo $$ > ${pidFile}; exec sleep 60`)
    const stop = new AbortController()
    const result = speak(new EspeakNg({ program }), 'hello', stop.signal)
    const pid = () => readFile(pidFile, 'utf8').then(Number, () => 0)
    await expect.poll(pid).toBeGreaterThan(0)
    const running = await pid()
    stop.abort(new Error('hung up'))
    await expect(result).rejects.toThrow('hung up')
    expect(() => process.kill(running, 0)).toThrow(/ESRCH/)
  })
})

// `npm test` installs the real program when it may; without it the engine says what is missing.
test('espeak-ng itself speaks, or is reported missing', async () => {
  const real = new EspeakNg()
  if (real.unavailableBecause() !== undefined) {
    await expect(speak(real)).rejects.toMatchObject({ code: 'speech_unavailable' })
    return
  }
  const { rateHz, seconds } = await speak(real, 'The quick brown fox jumps over the lazy dog.')
  expect(rateHz).toBe(22050)
  expect(seconds).toBeGreaterThan(1.5)
  expect(seconds).toBeLessThan(6)
})
