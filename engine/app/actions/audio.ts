import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'

/** Connects the audio of two calls; whoever listens to one of them hears both. */
export async function connectAudio(
  ports: Pick<Ports, 'media'>,
  a: LiveCall,
  b: LiveCall,
): Promise<void> {
  const room = a.acts.room ?? b.acts.room
  if (room) await room.settle([a, b])
  else await ports.media.bridge(a.id, b.id)
}

/** The call talks to nobody any more. */
export async function partAudio(ports: Pick<Ports, 'media'>, call: LiveCall): Promise<void> {
  // Where supervisors were listening it is in their room, and not in a bridge.
  await call.acts.room?.settle([call])
  await ports.media.unbridge(call.id)
}
