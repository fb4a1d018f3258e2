import type { AccountId } from '../../core/ids.ts'
import type { Sound } from '../../core/ports/media.ts'
import { musicAt, ownTune, usualMusic } from '../music.ts'
import type { Ports } from '../ports.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member, MusicKind } from './member.ts'

/** Starts or stops the music on a member's leg, by what is true now; while he is spoken to there is none. */
export function settleMusic(ports: Ports, conference: LiveConference, member: Member): void {
  const kind = kindFor(conference, member)
  if (member.announcement || kind === member.music?.kind) return
  if (kind === undefined) {
    stopMusic(ports, member)
    return
  }
  const music = { kind }
  member.music = music
  void play(ports, conference, member, music).finally(() => {
    // Something else was played meanwhile, or the leg is closed.
    if (member.music === music) member.music = undefined
  })
}

export function stopMusic(ports: Ports, member: Member): void {
  if (!member.music) return
  member.music = undefined
  ports.media.stop(member.call.id)
}

function kindFor({ record }: LiveConference, member: Member): MusicKind | undefined {
  if (!member.isConnected) return undefined
  const { holdMusic, waitMusic } = record.options
  if (member.options.hold) return holdMusic === '' ? undefined : 'hold'
  return member.waiting && waitMusic !== '' ? 'wait' : undefined
}

async function play(
  ports: Ports,
  { record }: LiveConference,
  member: Member,
  music: { readonly kind: MusicKind },
): Promise<void> {
  const { holdMusic, waitMusic } = record.options
  const sound = await soundOf(
    ports,
    record.accountId,
    music.kind === 'hold' ? holdMusic : waitMusic,
  )
  // It took its time to be fetched.
  if (member.music !== music) return
  try {
    await ports.media.play(member.call.id, sound)
  } catch (error) {
    ports.log.warn('music not played', { callId: member.call.id, error: String(error) })
    if (sound !== ownTune) await ports.media.play(member.call.id, ownTune).catch(() => undefined)
  }
}

async function soundOf(ports: Ports, accountId: AccountId, url: string | null): Promise<Sound> {
  if (url === null) return usualMusic(ports)
  try {
    return await musicAt(ports, url, accountId)
  } catch (error) {
    ports.log.warn('music of a conference not to be had', { error: String(error) })
    return usualMusic(ports)
  }
}
