/** All that a caller is told by voice at the door of a conference and inside. */
export const words = {
  askPin: 'Please enter the conference PIN, followed by the hash key.',
  wrongPin: 'That PIN is not right.',
  refusedPin: 'We could not let you in. Goodbye.',
  askName: 'After the tone, please say your name, and press the hash key.',
  full: 'This conference is full. Goodbye.',
  locked: 'This conference is locked. Goodbye.',
  ended: 'This conference has ended. Goodbye.',
  waitForModerator: 'The conference will begin when the moderator arrives.',
  hasJoined: 'has joined the conference.',
  hasLeft: 'has left the conference.',
  muted: 'You are muted.',
  unmuted: 'You are no longer muted.',
  locking: 'The conference is now locked.',
  unlocking: 'The conference is no longer locked.',
  othersMuted: 'The others are muted.',
  oneMinuteLeft: 'This conference ends in one minute.',
} as const

/** How many are there, whoever hears it included. */
export function countWords(count: number): string {
  if (count <= 1) return 'You are the only one in this conference.'
  return `There are ${count} people in this conference.`
}
