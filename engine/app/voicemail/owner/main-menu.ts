import { hearFolder } from './messages-menu.ts'
import { optionsMenu } from './options-menu.ts'
import { choose, type Session, tell, type Way } from './session.ts'

/**
 * What an owner can do by the keys of his phone:
 *
 * main     1 new, 2 saved, 3 deleted messages, 0 options, # ends
 * message  1 back 3 s, 2 hold and go on, 3 on 3 s (while it plays); 4 previous, 5 again, 6 next, 7 delete or undelete,
 *          8 call back, 9 save, 0 who and when, * main menu, # ends
 * options  1 greeting, 2 greeting when busy, 3 name, 4 PIN, * main menu, # ends
 * greeting 1 record, 2 hear, 3 the standard one, * back; afterwards 1 keep, 2 hear, 3 record again, * discard
 *
 * Returns when he ends it, says nothing for long, or hangs up.
 */
export async function mainMenu(session: Session): Promise<void> {
  const { run, box } = session
  let way: Way = 'back'
  while (way === 'back' && !run.signal.aborted) {
    const counts = await run.ports.store.voicemails.counts(box.id)
    const text = `${session.words.counts(counts.new, counts.old)} ${session.words.mainKeys}`
    way = await follow(session, await choose(session, text, '1230#*'))
  }
  await tell(session, session.words.goodbye)
}

async function follow(session: Session, key: string | undefined): Promise<Way> {
  switch (key) {
    case '1':
      return hearFolder(session, 'new')
    case '2':
      return hearFolder(session, 'saved')
    case '3':
      return hearFolder(session, 'deleted')
    case '0':
      return optionsMenu(session)
    case '*':
      return 'back'
    default:
      return 'end'
  }
}
