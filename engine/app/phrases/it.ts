import type { Phrases } from './phrases.ts'
import { counted, lengthIn, momentIn, party } from './wording.ts'

const freshOnes = (count: number): string => counted(count, 'un nuovo messaggio', 'nuovi messaggi')
const savedOnes = (count: number): string =>
  counted(count, 'un messaggio salvato', 'messaggi salvati')

function counts(fresh: number, saved: number): string {
  if (fresh > 0) {
    const rest = saved === 0 ? 'nessun messaggio salvato' : savedOnes(saved)
    return `Ha ${freshOnes(fresh)} e ${rest}.`
  }
  const rest = saved === 0 ? ' né messaggi salvati' : `, e ha ${savedOnes(saved)}`
  return `Non ha nuovi messaggi${rest}.`
}

const lengthOf = (durationMs: number): string =>
  lengthIn(
    durationMs,
    ' e ',
    (count) => counted(count, 'un minuto', 'minuti'),
    (count) => counted(count, 'un secondo', 'secondi'),
  )

const hours: ReadonlyMap<number, string> = new Map([
  [0, 'a mezzanotte'],
  [1, 'all’una'],
])

function when(atMs: number): string {
  const { weekday, month, day, hour, minute } = momentIn('it', atMs)
  const time = `${hours.get(hour) ?? `alle ${hour}`}${minute === 0 ? '' : ` e ${minute}`}`
  return `${weekday} ${day === 1 ? 'primo' : day} ${month}, ${time}`
}

const wrongPin = 'Questo PIN non è corretto.'

export const it: Phrases = {
  conference: {
    askPin: 'Digiti il PIN della conferenza, seguito dal tasto cancelletto.',
    wrongPin,
    refusedPin: 'Non possiamo farla entrare. Arrivederci.',
    askName: 'Dopo il segnale, dica il suo nome e prema il tasto cancelletto.',
    full: 'Questa conferenza è al completo. Arrivederci.',
    locked: 'Questa conferenza è bloccata. Arrivederci.',
    ended: 'Questa conferenza è terminata. Arrivederci.',
    waitForModerator: 'La conferenza inizierà all’arrivo del moderatore.',
    hasJoined: 'partecipa ora alla conferenza.',
    hasLeft: 'ha lasciato la conferenza.',
    muted: 'Il suo microfono è disattivato.',
    unmuted: 'Il suo microfono non è più disattivato.',
    locking: 'La conferenza ora è bloccata.',
    unlocking: 'La conferenza non è più bloccata.',
    othersMuted: 'I microfoni degli altri sono disattivati.',
    oneMinuteLeft: 'Questa conferenza termina tra un minuto.',
    count: (people) =>
      people <= 1
        ? 'C’è solo lei in questa conferenza.'
        : `Ci sono ${people} persone in questa conferenza.`,
  },
  queue: {
    position: (place) =>
      place <= 1
        ? 'La sua chiamata è la prossima in coda.'
        : `La sua chiamata è in posizione ${place} nella coda.`,
    wait: (minutes) =>
      `Il tempo di attesa previsto è di circa ${counted(minutes, 'un minuto', 'minuti')}.`,
    waitIsLong: 'Il tempo di attesa previsto è di oltre un’ora.',
    confirm: 'Ha una chiamata dalla coda. Per rispondere, prema 1.',
  },
  call: {
    endsIn: (seconds) => `Questa chiamata termina tra ${lengthOf(seconds * 1_000)}.`,
    supervised: 'Un supervisore sta ascoltando questa chiamata.',
    newLead: (name, source) =>
      `Nuovo contatto${source === undefined ? '' : ` da ${source}`}: ${name}. Per parlare, prema 1.`,
    leadNotReached: 'Spiacenti, non è stato possibile raggiungere il contatto. Arrivederci.',
  },
  leaving: {
    isNotAvailable: 'non è disponibile.',
    isBusy: 'è impegnato in un’altra chiamata.',
    notAvailable: 'La persona chiamata non è disponibile.',
    busy: 'La persona chiamata è impegnata in un’altra chiamata.',
    leaveMessage:
      'Lasci il suo messaggio dopo il segnale. Alla fine riagganci, oppure prema il tasto cancelletto.',
    operator: 'Per parlare subito con qualcuno, prema 0.',
    full: 'La casella è piena e per ora non accetta messaggi. Arrivederci.',
    failed:
      'Il suo messaggio per ora non può essere registrato. La preghiamo di riprovare più tardi. Arrivederci.',
    tooShort: 'Il suo messaggio era troppo breve.',
    review:
      'Per ascoltare il suo messaggio, prema 1. Per registrarlo di nuovo, prema 2. Per salvarlo, prema 3, oppure riagganci. Per segnarlo come urgente, prema 4.',
    saved: 'Il suo messaggio è stato salvato. Arrivederci.',
    urgent: 'Il messaggio è segnato come urgente.',
    notUrgent: 'Il messaggio non è più segnato come urgente.',
  },
  owner: {
    askBox: 'Digiti le dieci cifre della sua casella, seguite dal tasto cancelletto.',
    askPin: 'Digiti il suo PIN, seguito dal tasto cancelletto.',
    wrongPin,
    refused: 'L’accesso per ora non è possibile. Arrivederci.',
    mainKeys:
      'Per i nuovi messaggi, prema 1. Per i messaggi salvati, prema 2. Per i messaggi cancellati, prema 3. Per le opzioni, prema 0. Per terminare, prema il tasto cancelletto.',
    noMessages: 'Qui non ci sono messaggi.',
    noMore: 'Non ci sono altri messaggi.',
    messageKeys:
      'Per ascoltarlo di nuovo, prema 5. Per cancellarlo, prema 7. Per richiamare, prema 8. Per salvarlo, prema 9. Per il messaggio precedente, prema 4, per il successivo, 6. Per il menu principale, prema asterisco.',
    deletedKeys:
      'Per ascoltarlo di nuovo, prema 5. Per recuperarlo, prema 7. Per il messaggio precedente, prema 4, per il successivo, 6. Per il menu principale, prema asterisco.',
    deleted: 'Cancellato. Per annullare, prema 7.',
    undeleted: 'Il messaggio non è più cancellato.',
    saved: 'Salvato.',
    gone: 'Questo messaggio non c’è più.',
    notHeard: 'Questo messaggio non può essere ascoltato al telefono in questo momento.',
    noCallBack: 'Non è possibile richiamare.',
    confirmCall: 'Per richiamare, prema 1. Per tornare indietro, prema asterisco.',
    notConnected: 'Non è stato possibile raggiungere nessuno.',
    optionKeys:
      'Per il saluto quando non risponde, prema 1. Per quello quando è impegnato, prema 2. Per il suo nome, prema 3. Per cambiare il PIN, prema 4. Per il menu principale, prema asterisco.',
    greetingKeys:
      'Per registrarlo, prema 1. Per ascoltarlo, prema 2. Per usare il saluto standard, prema 3. Per tornare indietro, prema asterisco.',
    recordGreeting: 'Parli dopo il segnale, e alla fine prema il tasto cancelletto.',
    noGreeting: 'È in uso il saluto standard.',
    standardGreeting: 'Da ora è in uso il saluto standard.',
    keepKeys:
      'Per tenere la registrazione, prema 1. Per ascoltarla, prema 2. Per registrare di nuovo, prema 3. Per eliminarla, prema asterisco.',
    notRecorded: 'Non è stato registrato nulla.',
    kept: 'Da ora la registrazione è in uso.',
    discarded: 'La registrazione è stata eliminata.',
    newPin: 'Digiti il nuovo PIN, da 4 a 10 cifre, seguito dal tasto cancelletto.',
    repeatPin: 'Lo digiti ancora una volta, seguito dal tasto cancelletto.',
    pinsDiffer: 'I due non sono uguali. Il PIN resta com’era.',
    badPin:
      'Questo PIN non va bene: servono da 4 a 10 cifre che non siano facili da indovinare. Il PIN resta com’era.',
    pinChanged: 'Il PIN è cambiato.',
    goodbye: 'Arrivederci.',
    counts,
    envelope: ({ index, count, urgent, from, receivedAtMs, durationMs }) =>
      `${urgent ? 'Messaggio urgente' : 'Messaggio'} ${index} di ${count}, da ${party(from, 'un numero sconosciuto')}, ${when(receivedAtMs)}, ${lengthOf(durationMs)}.`,
  },
  mail: {
    ...{ dates: 'it', colon: ': ' },
    subject: (who, length, urgent) =>
      `${urgent ? 'Messaggio vocale urgente' : 'Messaggio vocale'} da ${who} (${length})`,
    ...{ from: 'Da', to: 'A', received: 'Ricevuto', length: 'Durata', box: 'Casella' },
    ...{ urgent: 'Urgente', yes: 'sì', transcript: 'Trascrizione', listen: 'Ascolta' },
    unknownCaller: 'numero nascosto',
    audio: {
      attached: 'Il messaggio è allegato.',
      sealed: 'Il messaggio è cifrato e quindi non è allegato.',
      large: 'Il messaggio è troppo lungo per essere allegato.',
      gone: 'Non è stato possibile allegare la registrazione.',
    },
  },
}
