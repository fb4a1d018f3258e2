import type { AudioCodec, LegStatistics } from '../../core/ports/media.ts'
import type { Doors } from './doors.ts'
import { qualityOf } from './quality.ts'
import type { Receiver } from './receiver.ts'

/** What a leg counts while it is in one thread: packets, packets, frames. */
export interface Losses {
  readonly lost: number
  readonly late: number
  readonly concealed: number
}

/** With those of the time in other threads. */
export function lossesOf({ counters }: Pick<Receiver, 'counters'>, before: Losses): Losses {
  const { lost, late, concealed } = counters
  return {
    lost: before.lost + lost,
    late: before.late + late,
    concealed: before.concealed + concealed,
  }
}

export function statisticsOf(
  doors: Doors,
  receiver: Receiver,
  before: Losses,
  codec: AudioCodec | null,
): LegStatistics {
  const port = doors.statistics()
  const { lost, late, concealed } = lossesOf(receiver, before)
  return {
    ...qualityOf(receiver.kind.name, receiver.counters, doors.link()),
    codec,
    packetsSent: port.packetsSent,
    packetsReceived: port.packetsReceived,
    packetsLost: lost,
    packetsLate: late,
    framesConcealed: concealed,
    packetsFromStrangers: port.packetsFromStrangers,
  }
}
