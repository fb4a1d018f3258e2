import { writeActionVerb } from '../../../app/actions/verb-shape.ts'
import { writeConferenceVerb } from '../../../app/conferences/verb-shape.ts'
import { writeEnqueueVerb } from '../../../app/queues/verb-shape.ts'
import { toDocument } from '../../../app/verb-names.ts'
import { writeDetection } from '../../../app/verb-shapes/machine-detection.ts'
import type { DialVerb, GatherVerb, Verb } from '../../../core/verbs.ts'

/** Verbs as a document again: the reverse of `readVerbs`. */
export const writeVerbs = (verbs: readonly Verb[]): unknown[] => verbs.map(writeVerb)

function writeVerb(verb: Verb): Record<string, unknown> {
  switch (verb.verb) {
    case 'gather':
      return writeGather(verb)
    case 'dial':
      return writeDial(verb)
    case 'conference':
      return writeConferenceVerb(verb)
    case 'enqueue':
      return writeEnqueueVerb(verb)
    case 'recordMessage':
      return { ...toDocument('recordMessage', { ...verb }), verb: 'record_message' }
    case 'stopStream':
      return { ...verb, verb: 'stop_stream' }
    case 'voicemailMenu':
      return { ...verb, verb: 'voicemail_menu' }
    case 'mute':
    case 'park':
    case 'pickup':
    case 'bridge':
    case 'transfer':
      return writeActionVerb(verb)
    case 'sendDigits':
      return { verb: 'send_digits', digits: verb.digits }
    case 'play':
    case 'pause':
    case 'record':
    case 'reject':
    case 'stream':
      return toDocument(verb.verb, { ...verb })
    default:
      return { ...verb }
  }
}

function writeDial({ targets, machineDetection, ...verb }: DialVerb): Record<string, unknown> {
  return {
    ...toDocument('dial', verb),
    ...(machineDetection && { machine_detection: writeDetection(machineDetection) }),
    ...(targets && { targets: targets.map((target) => toDocument('target', { ...target })) }),
  }
}

function writeGather({ branches, prompt, prompts, ...verb }: GatherVerb): Record<string, unknown> {
  const written = Object.entries(branches ?? {}).map(([key, then]) => [key, writeVerbs(then)])
  return {
    ...toDocument('gather', verb),
    ...(prompt && { prompt: writeVerb(prompt) }),
    ...(prompts && { prompts: writeVerbs(prompts) }),
    ...(branches && { branches: Object.fromEntries(written) }),
  }
}
