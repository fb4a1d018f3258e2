import type { Phrases } from './phrases.ts'
import { counted, lengthIn, party } from './wording.ts'

const messages = (count: number, kind: string): string =>
  count === 0 ? `no ${kind} messages` : counted(count, `1 ${kind} message`, `${kind} messages`)

const dayForm = new Intl.DateTimeFormat('en-US', {
  ...{ weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' },
})

const lengthOf = (durationMs: number): string =>
  lengthIn(
    durationMs,
    ' and ',
    (count) => counted(count, '1 minute', 'minutes'),
    (count) => counted(count, '1 second', 'seconds'),
  )

const wrongPin = 'That PIN is not right.'

export const en: Phrases = {
  conference: {
    askPin: 'Please enter the conference PIN, followed by the hash key.',
    wrongPin,
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
    count: (people) =>
      people <= 1
        ? 'You are the only one in this conference.'
        : `There are ${people} people in this conference.`,
  },
  queue: {
    position: (place) =>
      place <= 1 ? 'You are next in the queue.' : `You are number ${place} in the queue.`,
    wait: (minutes) => `The expected wait is about ${counted(minutes, '1 minute', 'minutes')}.`,
    waitIsLong: 'The expected wait is more than an hour.',
    confirm: 'You have a call from the queue. Press 1 to take it.',
  },
  call: {
    endsIn: (seconds) => `This call ends in ${lengthOf(seconds * 1_000)}.`,
    supervised: 'A supervisor is listening to this call.',
    newLead: (name, source) =>
      `New lead${source === undefined ? '' : ` from ${source}`}: ${name}. Press 1 to connect.`,
    leadNotReached: 'Sorry, the lead could not be reached. Goodbye.',
  },
  leaving: {
    isNotAvailable: 'is not available.',
    isBusy: 'is on another call.',
    notAvailable: 'The person you have called is not available.',
    busy: 'The person you have called is on another call.',
    leaveMessage:
      'Please leave your message after the tone. When you have finished, hang up, or press the hash key.',
    operator: 'To talk to somebody now, press 0.',
    full: 'The mailbox is full, and takes no message now. Goodbye.',
    failed: 'Your message can not be recorded now. Please try again later. Goodbye.',
    tooShort: 'Your message was too short.',
    review:
      'To hear your message, press 1. To record it again, press 2. To save it, press 3, or hang up. To mark it as urgent, press 4.',
    saved: 'Your message has been saved. Goodbye.',
    urgent: 'The message is marked as urgent.',
    notUrgent: 'The message is no longer marked as urgent.',
  },
  owner: {
    askBox: 'Please enter the ten digits of your mailbox, followed by the hash key.',
    askPin: 'Please enter your PIN, followed by the hash key.',
    wrongPin,
    refused: 'Access is not possible now. Goodbye.',
    mainKeys:
      'For new messages press 1. For saved messages press 2. For deleted messages press 3. For options press 0. To end press the hash key.',
    noMessages: 'There are no messages here.',
    noMore: 'There are no more messages.',
    messageKeys:
      'To hear it again press 5. To delete it press 7. To call back press 8. To save it press 9. For the previous message press 4, for the next one 6. For the main menu press star.',
    deletedKeys:
      'To hear it again press 5. To get it back press 7. For the previous message press 4, for the next one 6. For the main menu press star.',
    deleted: 'Deleted. To undo that press 7.',
    undeleted: 'The message is no longer deleted.',
    saved: 'Saved.',
    gone: 'This message is not there any more.',
    notHeard: 'This message can not be heard by phone now.',
    noCallBack: 'This caller can not be called back.',
    confirmCall: 'To call back, press 1. To go back, press star.',
    notConnected: 'Nobody could be reached.',
    optionKeys:
      'For the greeting when you do not answer press 1. When you are busy, press 2. For your name press 3. To change the PIN press 4. For the main menu press star.',
    greetingKeys:
      'To record it press 1. To hear it press 2. To use the standard greeting press 3. To go back press star.',
    recordGreeting: 'Please speak after the tone, and press the hash key at the end.',
    noGreeting: 'The standard greeting is used.',
    standardGreeting: 'The standard greeting is used from now on.',
    keepKeys:
      'To keep it press 1. To hear it press 2. To record it again press 3. To discard it press star.',
    notRecorded: 'Nothing was recorded.',
    kept: 'It is used from now on.',
    discarded: 'It was discarded.',
    newPin: 'Please enter the new PIN, 4 to 10 digits, followed by the hash key.',
    repeatPin: 'Please enter it once more, followed by the hash key.',
    pinsDiffer: 'The two are not the same. The PIN stays as it was.',
    badPin:
      'That can not be a PIN: it needs 4 to 10 digits that are not easy to guess. The PIN stays as it was.',
    pinChanged: 'The PIN is changed.',
    goodbye: 'Goodbye.',
    counts: (fresh, saved) => `You have ${messages(fresh, 'new')} and ${messages(saved, 'saved')}.`,
    envelope: ({ index, count, urgent, from, receivedAtMs, durationMs }) =>
      `${urgent ? 'Urgent message' : 'Message'} ${index} of ${count}, from ${party(from, 'an unknown caller')}, ${dayForm.format(receivedAtMs)}, ${lengthOf(durationMs)}.`,
  },
  mail: {
    ...{ dates: 'en-GB', colon: ': ' },
    subject: (who, length, urgent) =>
      `${urgent ? 'Urgent voicemail' : 'Voicemail'} from ${who} (${length})`,
    ...{ from: 'From', to: 'To', received: 'Received', length: 'Length', box: 'Box' },
    ...{ urgent: 'Urgent', yes: 'yes', transcript: 'Transcript', listen: 'Listen' },
    unknownCaller: 'a withheld number',
    audio: {
      attached: 'The message is attached.',
      sealed: 'The message is encrypted and therefore not attached.',
      large: 'The message is too long to be attached.',
      gone: 'The audio could not be attached.',
    },
  },
}
