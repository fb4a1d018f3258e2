import { Failure } from '../../core/failures.ts'
import type { Speech, Utterance, Voice } from '../../core/ports/speech.ts'

export type Voices = Pick<Speech, 'voices' | 'synthesise' | 'unavailableBecause'>

export interface VoiceFilter {
  /** A language with all its regions, or with one. */
  readonly language?: string
  readonly provider?: string
}

/** All voices that fit, the default one first. */
export function listVoices(speech: Voices, { language, provider }: VoiceFilter): readonly Voice[] {
  const wanted = language?.toLowerCase()
  return speech.voices().filter((voice) => {
    const own = voice.language.toLowerCase()
    const speaks = wanted === undefined || own === wanted || own.startsWith(`${wanted}-`)
    return speaks && (provider === undefined || voice.provider === provider)
  })
}

/** A sentence of that voice in its language, or in English. Failures `not_found` and `speech_unavailable`. */
export async function voiceSample(speech: Voices, id: string): Promise<Utterance> {
  const voice = speech.voices().find((one) => one.id === id)
  if (!voice) throw new Failure('not_found', 'There is no such voice')
  const text = sentences[voice.language.split('-')[0] ?? ''] ?? sentences['en'] ?? voice.name
  return speech.synthesise({ text, voice: voice.id })
}

/** What one hears most on the phone. */
const sentences: Readonly<Record<string, string>> = {
  ca: 'Bon dia. Si us plau, espereu un moment: us passem la trucada.',
  cs: 'Dobrý den. Počkejte prosím chvíli, spojujeme vás.',
  da: 'Goddag. Vent venligst et øjeblik, vi stiller Dem igennem.',
  de: 'Guten Tag. Bitte warten Sie einen Moment, wir verbinden Sie.',
  en: 'Good day. Please wait a moment while we connect you.',
  es: 'Buenos días. Espere un momento, por favor: le pasamos la llamada.',
  fi: 'Hyvää päivää. Odottakaa hetki, yhdistämme puhelun.',
  fr: 'Bonjour. Veuillez patienter un instant, nous vous mettons en relation.',
  it: 'Buongiorno. Attenda un momento, la mettiamo in comunicazione.',
  ja: 'こんにちは。おつなぎしますので、少々お待ちください。',
  nl: 'Goedendag. Een ogenblik geduld, wij verbinden u door.',
  no: 'God dag. Vennligst vent et øyeblikk, vi setter deg over.',
  pl: 'Dzień dobry. Proszę chwilę poczekać, łączymy rozmowę.',
  pt: 'Bom dia. Aguarde um momento, por favor: vamos passar a chamada.',
  ru: 'Добрый день. Подождите минуту, мы вас соединяем.',
  sv: 'God dag. Vänta ett ögonblick, vi kopplar dig vidare.',
  tr: 'İyi günler. Lütfen bir dakika bekleyin, sizi bağlıyoruz.',
  uk: 'Добрий день. Зачекайте хвилинку, ми вас з’єднуємо.',
  zh: '您好。请稍等，正在为您接通。',
}
