import type { CallId } from '../../core/ids.ts'
import { Doors } from '../leg/doors.ts'
import type { Leg } from '../leg/leg.ts'
import type { LegRecordings } from '../leg/recordings.ts'
import type { CommandName, Commands, PackedLeg } from '../messages.ts'
import type { Exchange } from './exchange.ts'

type Answer<Name extends CommandName> = Commands[Name]['answer']
type MoveCommand = 'link' | 'pack' | 'lend' | 'unpack' | 'giveUp'

/** What the media thread does for each command about legs that come and go. */
export type MoveHandlers = {
  [Name in MoveCommand]: (ask: Commands[Name]['ask']) => Answer<Name> | Promise<Answer<Name>>
}

interface MovesEnvironment {
  exchange(): Exchange
  /** Takes it out of the tick; undefined: it is not there. */
  takeOut(id: CallId): Leg | undefined
  /** Puts a new leg into the tick. */
  putIn(id: CallId, doors: Doors): Leg
  readonly recordings: Pick<LegRecordings, 'pack' | 'unpack'>
}

/** Legs come from other media threads and go to them; the sockets stay where they are. */
export function moveHandlers(env: MovesEnvironment): MoveHandlers {
  return {
    link: ({ way }) => {
      env.exchange().link(way)
      return null
    },
    pack: ({ leg, to }) => pack(env, leg, to),
    lend: ({ leases, to }) => {
      env.exchange().relend(leases, to)
      return null
    },
    unpack: ({ leg, packed }) => {
      unpack(env, leg, packed)
      return null
    },
    giveUp: async ({ leases }) => {
      await env.exchange().giveUp(leases)
      return null
    },
  }
}

async function pack(env: MovesEnvironment, id: CallId, to: number): Promise<PackedLeg | null> {
  const exchange = env.exchange()
  exchange.wayTo(to)
  const leg = env.takeOut(id)
  if (!leg) return null
  const { isSettled, past } = leg.doors
  const doors = leg.doors.handOver((door, isCurrent) => exchange.handOver(door, to, isCurrent))
  const state = leg.pack()
  return { doors, isSettled, past, state, recordings: await env.recordings.pack(id, leg) }
}

function unpack(env: MovesEnvironment, id: CallId, packed: PackedLeg): void {
  const doors = new Doors()
  for (const lent of packed.doors) {
    const door = env.exchange().take(lent)
    doors.takeOver(door, lent.isCurrent, packed.isSettled)
  }
  doors.inherit(packed.past)
  env.putIn(id, doors).goOn(packed.state)
  env.recordings.unpack(id, packed.recordings)
}
