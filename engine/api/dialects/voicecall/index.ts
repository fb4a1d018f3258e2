import type { Dialect } from '../../dialect.ts'
import { errorSchema, renderError } from './error.ts'
import { quotasRoute } from './quotas.ts'
import { getRoute, listRoute, statsRoute } from './read.ts'
import { type VoiceCallOptions, wordsOf } from './words.ts'
import { createRoute, updateRoute } from './write.ts'

/** The VoiceCall API: the records that a business keeps of its calls. */
export function voiceCall(options: VoiceCallOptions): Dialect {
  const words = wordsOf(options)
  return {
    id: 'voicecall',
    title: 'VoiceCall',
    description:
      'Records of the calls of a business. Calls of this system record themselves; applications add those of others and say who a call belonged to. Nobody is called.',
    credentials: { places: ['bearer'], kinds: ['token'] },
    bases: ['/v3'],
    errorSchema,
    renderError,
    routes: [
      createRoute(words),
      listRoute(words),
      statsRoute(words),
      getRoute(words),
      updateRoute(words),
      quotasRoute(words),
    ],
  }
}
