import { settingTrunk } from '../app/first-start.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Speech } from '../core/ports/speech.ts'
import { unlimited } from '../core/trunk-choice.ts'
import { type LabSound, labSentences } from '../lab/plan.ts'
import { startLab } from '../lab/start.ts'
import type { Build } from './build.ts'

/** The lab carrier is a trunk like any other, for its own numbers. */
export async function openLab({ config, closers, log, ports }: Build): Promise<void> {
  const { store, speech } = ports
  if (!config.lab) return settingTrunk(store, 'lab', undefined)
  const lab = await startLab(await labVoices(speech, log))
  closers.add(() => lab.close())
  await settingTrunk(store, 'lab', {
    name: 'lab carrier',
    host: lab.address,
    port: lab.sipPort,
    transport: 'udp',
    username: null,
    password: null,
    defaultCallerId: null,
    prefixes: ['+1500555'],
    priority: 100,
    ...unlimited,
    enabled: true,
  })
}

async function labVoices(
  speech: Speech,
  log: Log,
): Promise<Readonly<Partial<Record<LabSound, string>>>> {
  if (speech.unavailableBecause() !== undefined) return {}
  const voices: Partial<Record<LabSound, string>> = {}
  for (const [sound, text] of Object.entries(labSentences) as [LabSound, string][]) {
    try {
      voices[sound] = (await speech.synthesise({ text })).path
    } catch (error) {
      log.warn('the lab speaks in tones', { sound, error: String(error) })
    }
  }
  return voices
}
