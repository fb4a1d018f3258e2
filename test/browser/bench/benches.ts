import type { Bench } from '../../bench/report.ts'
import { webRtcCpu } from './cpu.ts'
import { webRtcDelay } from './delay.ts'
import { webRtcPage } from './page.ts'
import { webRtcRoom } from './room.ts'
import { webRtcSetup } from './setup.ts'

/** In the order in which they run. */
export const webRtcBenches: readonly Bench[] = [
  webRtcSetup,
  webRtcDelay,
  webRtcCpu,
  webRtcPage,
  webRtcRoom,
]
