import { Type } from 'typebox'
import {
  bridgeShape,
  muteShape,
  parkShape,
  pickUpShape,
  transferShape,
} from './actions/verb-shape.ts'
import { conferenceShape } from './conferences/verb-shape.ts'
import { enqueueShape, leaveShape } from './queues/verb-shape.ts'
import { dial, refer } from './verb-shapes/dial.ts'
import { about, url } from './verb-shapes/fields.ts'
import { gather, pause, recordMessage } from './verb-shapes/gather.ts'
import { record } from './verb-shapes/record.ts'
import { play, say } from './verb-shapes/speak.ts'
import { stopStream, stream } from './verb-shapes/stream.ts'
import { voicemail } from './verb-shapes/voicemail.ts'
import { voicemailMenu } from './verb-shapes/voicemail-menu.ts'

export { sipHeadersSchema } from './verb-shapes/fields.ts'

// What each verb and each of its fields is: it checks the documents, and the documentation shows it.

/** By name. */
export const verbShapes = {
  answer: Type.Object(
    { verb: Type.Literal('answer') },
    about('answer', 'Answers an inbound call; on one that is up it does nothing.'),
  ),
  say,
  play,
  gather,
  dial,
  conference: conferenceShape,
  enqueue: enqueueShape,
  leave: leaveShape,
  record,
  record_message: recordMessage,
  stream,
  stop_stream: stopStream,
  voicemail,
  voicemail_menu: voicemailMenu,
  pause,
  send_digits: Type.Object(
    {
      verb: Type.Literal('send_digits'),
      digits: Type.String({
        pattern: '^[0-9*#A-DwW]{1,64}$',
        description: 'The keys, one after the other; w waits for half a second, W for a whole one',
      }),
    },
    about('send_digits', 'Presses keys, for the machine at the other end.'),
  ),
  redirect: Type.Object(
    {
      verb: Type.Literal('redirect'),
      url: url('Gets the fields of the call and answers the next verbs'),
      method: Type.Optional(
        Type.Unsafe<'GET' | 'POST'>({
          ...{ type: 'string', enum: ['GET', 'POST'], default: 'POST' },
          description: 'GET: the fields in the query; POST: as JSON',
        }),
      ),
    },
    about('redirect', 'Leaves this list for one that your application gives.'),
  ),
  refer,
  transfer: transferShape,
  mute: muteShape,
  park: parkShape,
  pickup: pickUpShape,
  bridge: bridgeShape,
  reject: Type.Object(
    {
      verb: Type.Literal('reject'),
      sip_status: Type.Optional(
        Type.Integer({
          ...{ minimum: 400, maximum: 699, default: 603 },
          description: 'What the caller is told, e.g. 486 for busy',
        }),
      ),
    },
    about('reject', 'Declines an inbound call; one that is up is hung up.'),
  ),
  hangup: Type.Object({ verb: Type.Literal('hangup') }, about('hangup', 'Ends the call.')),
}

const document = Type.Module({
  Verbs: Type.Array(Type.Ref('Verb'), {
    maxItems: 100,
    description: 'Done one after the other; at the end of the list the call is hung up',
  }),
  Verb: Type.Union([
    verbShapes.answer,
    verbShapes.say,
    verbShapes.play,
    verbShapes.gather,
    verbShapes.dial,
    verbShapes.conference,
    verbShapes.enqueue,
    verbShapes.leave,
    verbShapes.record,
    verbShapes.record_message,
    verbShapes.stream,
    verbShapes.stop_stream,
    verbShapes.voicemail,
    verbShapes.voicemail_menu,
    verbShapes.pause,
    verbShapes.send_digits,
    verbShapes.redirect,
    verbShapes.refer,
    verbShapes.transfer,
    verbShapes.mute,
    verbShapes.park,
    verbShapes.pickup,
    verbShapes.bridge,
    verbShapes.reject,
    verbShapes.hangup,
  ]),
})

/** JSON schema of a list of verbs. */
export const verbsSchema = document.Verbs
