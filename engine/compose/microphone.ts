import { Announcements } from '../app/announcements.ts'
import { childEnvironment } from '../config/index.ts'
import { LiveMicrophone } from '../microphone/index.ts'
import type { Build } from './build.ts'
import { clock } from './clock.ts'

/** Nothing is opened, and no program looked for, before somebody wants to speak. */
export function openAnnouncements({ config, closers, ports, calls }: Build): Announcements {
  const { device, recorder: program } = config.microphone
  const environment = childEnvironment()
  const microphone = new LiveMicrophone({ program, device, environment }, clock)
  closers.add(() => microphone.close())
  const announcements = new Announcements(ports, calls, microphone)
  closers.add(() => announcements.close())
  return announcements
}
