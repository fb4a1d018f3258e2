import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadWav } from '../../../engine/media/leg/load-wav.ts'
import { createSpeech, EspeakNg } from '../../../tts/index.ts'

// `npm test` installs the real program when it may. What is measured here is the reason why
// tts/espeak-markup.ts writes what it writes: it tells when another version does otherwise.
const provider = new EspeakNg()
const isThere = provider.unavailableBecause() === undefined

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sound-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

interface Heard {
  readonly seconds: number
  readonly level: number
  /** Crossings of zero a second, where there is sound: the higher the voice, the more. */
  readonly crossings: number
  /** Silence before the first and behind the last sound. */
  readonly leadS: number
  readonly tailS: number
  readonly pcm: Int16Array
}

async function hear(text: string, voice?: string, isMarkup = true): Promise<Heard> {
  const speech = createSpeech({ dataDir, providers: [provider], log: { warn: () => undefined } })
  const { path } = await speech.synthesise({
    text,
    ...(isMarkup && { markup: 'ssml' }),
    ...(voice !== undefined && { voice }),
  })
  const { pcm } = await loadWav(path, 8000)
  const first = pcm.findIndex(isSound)
  const last = pcm.findLastIndex(isSound)
  const sound = pcm.subarray(first, last + 1)
  const squares = pcm.reduce((sum, sample) => sum + sample * sample, 0)
  const crossed = sound.filter((sample, i) => sample < 0 !== (sound[i - 1] ?? 0) < 0).length
  return {
    seconds: pcm.length / 8000,
    level: Math.sqrt(squares / pcm.length),
    crossings: crossed / (sound.length / 8000),
    leadS: first / 8000,
    tailS: (pcm.length - last) / 8000,
    pcm,
  }
}

const isSound = (sample: number) => Math.abs(sample) > 100

/** The base frequency: where a stretch of 80 ms is most like itself one period later; the middle of all. */
function pitchHz({ pcm }: Heard): number {
  const found: number[] = []
  for (let from = 0; from + 640 < pcm.length; from += 160) {
    const stretch = pcm.subarray(from, from + 640)
    if (!stretch.some((sample) => Math.abs(sample) > 3000)) continue
    const likeness = (lag: number) => {
      let sum = 0
      for (let i = 0; i < 480; i += 1) sum += stretch[i]! * stretch[i + lag]!
      return sum
    }
    const lags = Array.from({ length: 130 }, (_, i) => i + 25)
    found.push(8000 / lags.reduce((a, b) => (likeness(b) > likeness(a) ? b : a)))
  }
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0
}

const ssml = (content: string) => `<speak>${content}</speak>`
const sentence = 'We all know our mother in Rome.'

describe.runIf(isThere)('espeak-ng follows', () => {
  const places = [
    { where: 'in a sentence', text: (pause: string) => `one two three ${pause} four five six` },
    { where: 'in slow speech', text: (p: string) => `<prosody rate="50%">one ${p} two</prosody>` },
    { where: 'in fast speech', text: (p: string) => `<prosody rate="200%">one ${p} two</prosody>` },
    { where: 'at the start', text: (pause: string) => `${pause} one two` },
    { where: 'at the end', text: (pause: string) => `one two ${pause}` },
    { where: 'after a pause', text: (p: string) => `one <break time="500ms"/> ${p} two` },
  ]
  test.each(places)('a break $where', async ({ text }) => {
    const long = await hear(ssml(text('<break time="2s"/>')))
    const short = await hear(ssml(text('<break time="1s"/>')))
    const none = await hear(ssml(text('<break time="1ms"/>')))
    expect(long.seconds - short.seconds).toBeCloseTo(1, 1)
    expect(short.seconds - none.seconds).toBeCloseTo(1, 1)
  })

  test('a break of 1 s where there was no pause: 1 s more', async () => {
    const without = await hear(ssml('one two three four five six'))
    const broken = await hear(ssml('one two three <break time="1s"/> four five six'))
    expect(broken.seconds - without.seconds).toBeGreaterThan(0.9)
    expect(broken.seconds - without.seconds).toBeLessThan(1.1)
  })

  test('breaks at the ends, with silence', async () => {
    const plain = await hear(ssml(sentence))
    const both = await hear(ssml(`<break time="1s"/>${sentence}<break time="1.5s"/>`))
    expect(both.leadS - plain.leadS).toBeCloseTo(1, 2)
    expect(both.tailS - plain.tailS).toBeCloseTo(1.5, 2)
  })

  test('sentences and paragraphs', async () => {
    const run = await hear(ssml('hello world'))
    const sentences = await hear(ssml('<s>hello</s><s>world</s>'))
    const paragraphs = await hear(ssml('<p>hello</p><p>world</p>'))
    expect(sentences.seconds).toBeGreaterThan(run.seconds + 0.3)
    expect(paragraphs.seconds).toBeGreaterThan(sentences.seconds + 0.1)
  })

  test('rate', async () => {
    const say = async (rate: string) =>
      (await hear(ssml(`<prosody rate="${rate}">${sentence}</prosody>`))).seconds
    const rates = ['50%', 'x-slow', 'slow', 'medium', 'fast', 'x-fast', '300%']
    const lengths = await Promise.all(rates.map(say))
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a))
    expect(lengths[0]! / lengths[3]!).toBeGreaterThan(1.5)
    expect(lengths[6]! / lengths[3]!).toBeLessThan(0.65)
  })

  test('volume', async () => {
    const say = async (volume: string) =>
      (await hear(ssml(`<prosody volume="${volume}">${sentence}</prosody>`))).level
    const normal = await say('medium')
    expect((await say('200%')) / normal).toBeCloseTo(2, 0)
    expect((await say('+6dB')) / normal).toBeCloseTo(2, 0)
    expect((await say('-6dB')) / normal).toBeCloseTo(0.5, 1)
    expect((await say('soft')) / normal).toBeCloseTo(0.6, 1)
    expect(await say('silent')).toBe(0)
  })

  test('pitch', async () => {
    const say = async (pitch: string) =>
      pitchHz(await hear(ssml(`<prosody pitch="${pitch}">${sentence}</prosody>`)))
    const normal = await say('medium')
    const ratios = { '-4st': 0.79, '+4st': 1.26, '+8st': 1.59, '+25%': 1.25, low: 0.84, high: 1.19 }
    for (const [pitch, ratio] of Object.entries(ratios)) {
      expect((await say(pitch)) / normal / ratio, pitch).toBeGreaterThan(0.9)
      expect((await say(pitch)) / normal / ratio, pitch).toBeLessThan(1.1)
    }
  })

  test('emphasis is louder, and no pause', async () => {
    const plain = await hear(ssml('one two three four'))
    const strong = await hear(ssml('one <emphasis level="strong">two three</emphasis> four'))
    expect(strong.level).toBeGreaterThan(plain.level * 1.05)
    expect(strong.seconds - plain.seconds).toBeLessThan(0.2)
  })

  test('voices and languages, in any order', async () => {
    const plain = await hear(ssml(sentence))
    const female = await hear(ssml(`<voice gender="female">${sentence}</voice>`))
    const british = await hear(ssml(`<voice gender="female">${sentence}</voice>`), 'en-gb')
    expect(pitchHz(female) / pitchHz(plain)).toBeGreaterThan(1.5)
    expect(pitchHz(british) / pitchHz(plain)).toBeGreaterThan(1.5)
    const french = await hear(ssml('<lang xml:lang="fr">bonjour monde</lang>'))
    const direct = await hear('bonjour monde', 'fr', false)
    expect(french.seconds).toBeCloseTo(direct.seconds, 1)
    expect(french.pcm).not.toEqual((await hear('bonjour monde', undefined, false)).pcm)
    // After two others the first one is there again: it ends as if it had been alone.
    const others = '<voice name="fr">oui</voice><voice name="de">ja</voice>'
    const back = await hear(ssml(`${others}<voice name="en-us"><s>yes</s></voice>${sentence}`))
    const again = await hear(ssml(`${others}<s>yes</s>${sentence}`))
    expect(again.pcm).toEqual(back.pcm)
  })

  test('what is spelled: no commas are heard, letters are no words', async () => {
    const spelled = await hear(ssml('<say-as interpret-as="digits">1234567</say-as>'))
    const spaced = await hear('1 2 3 4 5 6 7', undefined, false)
    expect(spelled.seconds).toBeCloseTo(spaced.seconds, 1)
    const letters = await hear(ssml('<say-as interpret-as="characters">cat</say-as>'))
    expect(letters.seconds).toBeGreaterThan((await hear('cat', undefined, false)).seconds + 0.2)
  })
})

describe.runIf(isThere)('espeak-ng does not', () => {
  test('open what audio names', async () => {
    const heard = await hear(ssml(`<audio src="/etc/hostname"/>${sentence}`))
    expect(heard.pcm).toEqual((await hear(ssml(sentence))).pcm)
    const fallback = await hear(ssml(`<audio src="/etc/hostname">${sentence}</audio>`))
    expect(fallback.pcm).toEqual(heard.pcm)
  })

  test('say a document otherwise than its plain text', async () => {
    const text = 'Hello. You owe us 12 dollars & 50 cents, "really": 3 < 4 [[b]].'
    const plain = await hear(text, undefined, false)
    const marked = await hear(
      ssml(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')),
    )
    expect(marked.seconds).toBeCloseTo(plain.seconds, 1)
    expect(marked.level / plain.level).toBeCloseTo(1, 1)
    expect(marked.crossings / plain.crossings).toBeCloseTo(1, 1)
  })

  test('say dot where a sentence ends', async () => {
    const percent = await hear(ssml('<s>50%.</s><s>50%.</s>'))
    expect(percent.seconds).toBeCloseTo((await hear(ssml('<s>50%</s><s>50%</s>'))).seconds, 1)
  })

  test('take plain text for markup', async () => {
    const text = 'a <break time="3s"/> b &lt; c'
    const plain = await hear(text, undefined, false)
    const marked = await hear(text)
    expect(marked.seconds).toBeGreaterThan(3)
    const told = await hear(ssml('a &lt;break time=&quot;3s&quot;/&gt; b &amp;lt; c'))
    expect(plain.seconds).toBeCloseTo(told.seconds, 1)
    expect(plain.pcm).not.toEqual(marked.pcm)
  })
})
