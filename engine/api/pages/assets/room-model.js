/**
 * What is known of a conference, and what each piece of news changed. Pure, so that it can be tested without a
 * browser: the page touches only what is in the answer of `take`.
 */
export class RoomModel {
  conference
  /** By call_id, in the order in which they came. */
  members = new Map()
  levels = new Map()
  isOver = false

  /** `members` and `levels` name calls; `gone` those that left. */
  take(event, data) {
    const changed = { conference: false, members: new Set(), gone: [], levels: new Set() }
    handlers[event]?.(this, data, changed)
    return changed
  }

  /** Who is the loudest, as people know him. */
  loudest() {
    const member = this.members.get(this.conference?.active_speaker)
    return member === undefined ? undefined : nameOf(member)
  }
}

const handlers = {
  all(room, { conference, participants }, changed) {
    const there = new Set(participants.map(({ call_id }) => call_id))
    changed.gone = [...room.members.keys()].filter((id) => !there.has(id))
    for (const id of changed.gone) forget(room, id)
    handlers.participants(room, { participants }, changed)
    handlers.conference(room, { conference }, changed)
  },
  conference(room, { conference }, changed) {
    room.conference = conference
    changed.conference = true
  },
  participants(room, { participants }, changed) {
    for (const member of participants) {
      room.members.set(member.call_id, member)
      changed.members.add(member.call_id)
    }
  },
  gone(room, { call_ids }, changed) {
    changed.gone = call_ids.filter((id) => room.members.has(id))
    for (const id of changed.gone) forget(room, id)
  },
  levels(room, { levels }, changed) {
    for (const level of levels) {
      if (!room.members.has(level.call_id)) continue
      room.levels.set(level.call_id, level)
      changed.levels.add(level.call_id)
    }
  },
  ended(room, _data, changed) {
    room.isOver = true
    changed.conference = true
  },
}

function forget(room, id) {
  room.members.delete(id)
  room.levels.delete(id)
}

export const nameOf = ({ label, party }) => label || party || 'unknown'

const quietestDb = -60

/** 0 for silence to 1 for full scale. */
export const share = (levelDb) => Math.min(1, Math.max(0, (levelDb - quietestDb) / -quietestDb))

const words = [
  ['waiting', 'Waits'],
  ['hold', 'On hold'],
  ['muted', 'Muted'],
  ['deaf', 'Deaf'],
  ['coaching', 'Coach'],
  ['private_with', 'Private'],
  ['priority', 'Priority'],
  ['moderator', 'Moderator'],
  ['recording', '● Rec'],
]

export const statusWords = {
  queued: 'Calling',
  connecting: 'Calling',
  ringing: 'Rings',
  connected: 'Connected',
  complete: 'Gone',
  failed: 'Not reached',
}

/** What is to be said of a member, in a few words. */
export function statesOf(member) {
  const { status: now } = member
  const status = now === 'connected' ? [] : [statusWords[now] ?? now]
  const told = words.filter(([name]) => Boolean(member[name])).map(([, word]) => word)
  return [...status, ...told]
}

/** Whether a member is meant by what was typed. */
export const fits = (member, typed) =>
  `${member.label ?? ''} ${member.party}`.toLowerCase().includes(typed.trim().toLowerCase())
