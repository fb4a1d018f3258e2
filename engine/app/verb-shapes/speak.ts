import { Type } from 'typebox'
import { voiceNamePattern } from '../../core/ports/speech.ts'
import { about, early, loop, onFailure, url } from './fields.ts'

export const say = Type.Object(
  {
    verb: Type.Literal('say'),
    text: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'What is spoken: plain text, or the document that `markup` names',
    }),
    markup: Type.Optional(
      Type.Literal('ssml', { description: '`text` is SSML; without it markup is read out' }),
    ),
    voice: Type.Optional(
      Type.String({
        pattern: voiceNamePattern,
        description:
          'A voice by its id or name, or a language, e.g. espeak-ng:en-us, en-us or de; the default one if absent',
      }),
    ),
    loop,
    answer: early,
  },
  about('say', 'Speaks a text; answers the call if it is not answered yet.'),
)
export const play = Type.Object(
  {
    verb: Type.Literal('play'),
    url: url(
      'Where the WAV file is, 20 MiB at most; it is kept as long as the server allows. Or prompt:<name> for one that was recorded with `npm run record-prompt`',
    ),
    loop,
    answer: early,
    on_failure: onFailure('Default `end`.'),
  },
  about('play', 'Plays a sound file; answers the call if it is not answered yet.'),
)
