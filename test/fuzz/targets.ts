import type { Target } from './target.ts'
import { address } from './targets/address.ts'
import { control } from './targets/control.ts'
import { digest } from './targets/digest.ts'
import { message } from './targets/message.ts'
import { rtp } from './targets/rtp.ts'
import { sdp } from './targets/sdp.ts'
import { stream } from './targets/stream.ts'
import { wav } from './targets/wav.ts'
import { websocket } from './targets/websocket.ts'

export const targets: readonly Target[] = [
  ...[message, stream, websocket, control],
  ...[address, digest, sdp, rtp, wav],
]
