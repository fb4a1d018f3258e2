import type { Phrases } from './phrases.ts'
import { counted, lengthIn, momentIn, party } from './wording.ts'

const messages = (count: number, kind: string): string =>
  count === 0
    ? `keine ${kind}n Nachrichten`
    : counted(count, `eine ${kind} Nachricht`, `${kind} Nachrichten`)

const lengthOf = (durationMs: number): string =>
  lengthIn(
    durationMs,
    ' und ',
    (count) => counted(count, 'eine Minute', 'Minuten'),
    (count) => counted(count, 'eine Sekunde', 'Sekunden'),
  )

const upTo12 = [
  ...['ersten', 'zweiten', 'dritten', 'vierten', 'fünften', 'sechsten'],
  ...['siebten', 'achten', 'neunten', 'zehnten', 'elften', 'zwölften'],
]
const upTo19 = ['drei', 'vier', 'fünf', 'sech', 'sieb', 'acht', 'neun']
const ones = ['ein', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun']

/** In words: voices read `10.` as a ten that ends a sentence. */
function dayWord(day: number): string {
  if (day <= 12) return upTo12[day - 1] ?? ''
  if (day <= 19) return `${upTo19[day - 13]}zehnten`
  const one = ones[(day % 10) - 1]
  return `${one === undefined ? '' : `${one}und`}${day < 30 ? 'zwanzigsten' : 'dreißigsten'}`
}

function when(atMs: number): string {
  const { weekday, month, day, hour, minute } = momentIn('de', atMs)
  const time = `${hour === 1 ? 'ein' : hour} Uhr${minute === 0 ? '' : ` ${minute}`}`
  return `am ${weekday}, dem ${dayWord(day)} ${month}, um ${time}`
}

const wrongPin = 'Diese PIN ist nicht richtig.'

export const de: Phrases = {
  conference: {
    askPin: 'Bitte geben Sie die PIN der Konferenz ein und dann die Rautetaste.',
    wrongPin,
    refusedPin: 'Der Zutritt ist nicht möglich. Auf Wiederhören.',
    askName: 'Bitte nennen Sie nach dem Ton Ihren Namen, und drücken Sie die Rautetaste.',
    full: 'Diese Konferenz ist voll besetzt. Auf Wiederhören.',
    locked: 'Diese Konferenz ist gesperrt. Auf Wiederhören.',
    ended: 'Diese Konferenz ist beendet. Auf Wiederhören.',
    waitForModerator: 'Die Konferenz beginnt, sobald der Moderator eintrifft.',
    hasJoined: 'ist der Konferenz beigetreten.',
    hasLeft: 'hat die Konferenz verlassen.',
    muted: 'Sie sind stummgeschaltet.',
    unmuted: 'Sie sind nicht mehr stummgeschaltet.',
    locking: 'Die Konferenz ist jetzt gesperrt.',
    unlocking: 'Die Konferenz ist nicht mehr gesperrt.',
    othersMuted: 'Die anderen sind stummgeschaltet.',
    oneMinuteLeft: 'Diese Konferenz endet in einer Minute.',
    count: (people) =>
      people <= 1
        ? 'Außer Ihnen ist niemand in dieser Konferenz.'
        : `In dieser Konferenz sind ${people} Personen.`,
  },
  queue: {
    position: (place) =>
      place <= 1
        ? 'Sie sind als Nächstes an der Reihe.'
        : `Sie sind auf Platz ${place} der Warteschlange.`,
    wait: (minutes) =>
      `Die Wartezeit beträgt voraussichtlich etwa ${counted(minutes, 'eine Minute', 'Minuten')}.`,
    waitIsLong: 'Die Wartezeit beträgt voraussichtlich mehr als eine Stunde.',
    confirm: 'Sie haben einen Anruf aus der Warteschlange. Um ihn anzunehmen, drücken Sie die 1.',
  },
  call: {
    endsIn: (seconds) =>
      `Dieses Gespräch endet in ${lengthIn(
        seconds * 1_000,
        ' und ',
        (count) => counted(count, 'einer Minute', 'Minuten'),
        (count) => counted(count, 'einer Sekunde', 'Sekunden'),
      )}.`,
    supervised: 'Bei diesem Gespräch hört eine Aufsichtsperson mit.',
    newLead: (name, source) =>
      `Neuer Interessent${source === undefined ? '' : ` von ${source}`}: ${name}. Um verbunden zu werden, drücken Sie die 1.`,
    leadNotReached: 'Der Interessent war leider nicht zu erreichen. Auf Wiederhören.',
  },
  leaving: {
    isNotAvailable: 'ist nicht erreichbar.',
    isBusy: 'spricht gerade.',
    notAvailable: 'Der gewünschte Teilnehmer ist nicht erreichbar.',
    busy: 'Der gewünschte Teilnehmer spricht gerade.',
    leaveMessage:
      'Bitte hinterlassen Sie Ihre Nachricht nach dem Ton. Legen Sie dann auf, oder drücken Sie die Rautetaste.',
    operator: 'Um gleich mit jemandem zu sprechen, drücken Sie die 0.',
    full: 'Die Mailbox ist voll und nimmt zurzeit keine Nachricht auf. Auf Wiederhören.',
    failed:
      'Ihre Nachricht kann zurzeit nicht aufgenommen werden. Bitte versuchen Sie es später noch einmal. Auf Wiederhören.',
    tooShort: 'Ihre Nachricht war zu kurz.',
    review:
      'Um Ihre Nachricht anzuhören, drücken Sie die 1. Um sie neu aufzunehmen, die 2. Um sie zu speichern, die 3, oder legen Sie auf. Um sie als dringend zu kennzeichnen, die 4.',
    saved: 'Ihre Nachricht ist gespeichert. Auf Wiederhören.',
    urgent: 'Die Nachricht ist als dringend gekennzeichnet.',
    notUrgent: 'Die Nachricht ist nicht mehr als dringend gekennzeichnet.',
  },
  owner: {
    askBox: 'Bitte geben Sie die zehn Ziffern Ihrer Mailbox ein und dann die Rautetaste.',
    askPin: 'Bitte geben Sie Ihre PIN ein und dann die Rautetaste.',
    wrongPin,
    refused: 'Der Zugang ist zurzeit nicht möglich. Auf Wiederhören.',
    mainKeys:
      'Für neue Nachrichten drücken Sie die 1. Für gespeicherte Nachrichten die 2. Für gelöschte Nachrichten die 3. Für Einstellungen die 0. Um zu beenden, drücken Sie die Rautetaste.',
    noMessages: 'Hier sind keine Nachrichten.',
    noMore: 'Es gibt keine weiteren Nachrichten.',
    messageKeys:
      'Um sie noch einmal zu hören, drücken Sie die 5. Um sie zu löschen, die 7. Um zurückzurufen, die 8. Um sie zu speichern, die 9. Für die vorige Nachricht die 4, für die nächste die 6. Für das Hauptmenü die Sterntaste.',
    deletedKeys:
      'Um sie noch einmal zu hören, drücken Sie die 5. Um sie zurückzuholen, die 7. Für die vorige Nachricht die 4, für die nächste die 6. Für das Hauptmenü die Sterntaste.',
    deleted: 'Gelöscht. Um das rückgängig zu machen, drücken Sie die 7.',
    undeleted: 'Die Nachricht ist nicht mehr gelöscht.',
    saved: 'Gespeichert.',
    gone: 'Diese Nachricht ist nicht mehr da.',
    notHeard: 'Diese Nachricht kann jetzt nicht am Telefon abgehört werden.',
    noCallBack: 'Dieser Anrufer kann nicht zurückgerufen werden.',
    confirmCall: 'Um zurückzurufen, drücken Sie die 1. Um zurückzugehen, die Sterntaste.',
    notConnected: 'Es war niemand zu erreichen.',
    optionKeys:
      'Für die Begrüßung, wenn Sie nicht antworten, drücken Sie die 1. Für die, wenn Sie gerade sprechen, die 2. Für Ihren Namen die 3. Um die PIN zu ändern, die 4. Für das Hauptmenü die Sterntaste.',
    greetingKeys:
      'Um sie aufzunehmen, drücken Sie die 1. Um sie anzuhören, die 2. Für die übliche Begrüßung die 3. Um zurückzugehen, die Sterntaste.',
    recordGreeting: 'Bitte sprechen Sie nach dem Ton, und drücken Sie am Ende die Rautetaste.',
    noGreeting: 'Es gilt die übliche Begrüßung.',
    standardGreeting: 'Ab jetzt gilt die übliche Begrüßung.',
    keepKeys:
      'Um sie zu behalten, drücken Sie die 1. Um sie anzuhören, die 2. Um sie neu aufzunehmen, die 3. Um sie zu verwerfen, die Sterntaste.',
    notRecorded: 'Es wurde nichts aufgenommen.',
    kept: 'Die Aufnahme gilt ab jetzt.',
    discarded: 'Die Aufnahme wurde verworfen.',
    newPin: 'Bitte geben Sie die neue PIN ein, 4 bis 10 Ziffern, und dann die Rautetaste.',
    repeatPin: 'Bitte geben Sie sie noch einmal ein und dann die Rautetaste.',
    pinsDiffer: 'Die beiden sind nicht gleich. Die PIN bleibt, wie sie war.',
    badPin:
      'Das kann keine PIN sein: sie braucht 4 bis 10 Ziffern, die nicht leicht zu erraten sind. Die PIN bleibt, wie sie war.',
    pinChanged: 'Die PIN ist geändert.',
    goodbye: 'Auf Wiederhören.',
    counts: (fresh, saved) =>
      `Sie haben ${messages(fresh, 'neue')} und ${messages(saved, 'gespeicherte')}.`,
    envelope: ({ index, count, urgent, from, receivedAtMs, durationMs }) =>
      `${urgent ? 'Dringende Nachricht' : 'Nachricht'} ${index} von ${count}, von ${party(from, 'einem unbekannten Anrufer')}, ${when(receivedAtMs)}, ${lengthOf(durationMs)}.`,
  },
  mail: {
    ...{ dates: 'de', colon: ': ' },
    subject: (who, length, urgent) =>
      `${urgent ? 'Dringende Sprachnachricht' : 'Sprachnachricht'} von ${who} (${length})`,
    ...{ from: 'Von', to: 'An', received: 'Eingegangen', length: 'Dauer', box: 'Mailbox' },
    ...{ urgent: 'Dringend', yes: 'ja', transcript: 'Mitschrift', listen: 'Anhören' },
    unknownCaller: 'unbekannter Nummer',
    audio: {
      attached: 'Die Nachricht ist angehängt.',
      sealed: 'Die Nachricht ist verschlüsselt und deshalb nicht angehängt.',
      large: 'Die Nachricht ist zu lang, um angehängt zu werden.',
      gone: 'Die Aufnahme konnte nicht angehängt werden.',
    },
  },
}
