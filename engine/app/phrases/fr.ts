import type { Phrases } from './phrases.ts'
import { counted, lengthIn, momentIn, party } from './wording.ts'

const freshOnes = (count: number): string =>
  counted(count, 'un nouveau message', 'nouveaux messages')
const savedOnes = (count: number): string =>
  counted(count, 'un message sauvegardé', 'messages sauvegardés')

function counts(fresh: number, saved: number): string {
  if (fresh > 0) {
    const rest = saved === 0 ? 'aucun message sauvegardé' : savedOnes(saved)
    return `Vous avez ${freshOnes(fresh)} et ${rest}.`
  }
  const rest = saved === 0 ? ' ni message sauvegardé' : `, et vous avez ${savedOnes(saved)}`
  return `Vous n’avez aucun nouveau message${rest}.`
}

const lengthOf = (durationMs: number): string =>
  lengthIn(
    durationMs,
    ' et ',
    (count) => counted(count, 'une minute', 'minutes'),
    (count) => counted(count, 'une seconde', 'secondes'),
  )

const hours: ReadonlyMap<number, string> = new Map([
  [0, 'minuit'],
  [1, 'une heure'],
  [21, 'vingt et une heures'],
])

function when(atMs: number): string {
  const { weekday, month, day, hour, minute } = momentIn('fr', atMs)
  const time = `${hours.get(hour) ?? `${hour} heures`}${minute === 0 ? '' : ` ${minute}`}`
  return `le ${weekday} ${day === 1 ? 'premier' : day} ${month} à ${time}`
}

const wrongPin = 'Ce code n’est pas correct.'

export const fr: Phrases = {
  conference: {
    askPin: 'Veuillez saisir le code de la conférence, puis la touche dièse.',
    wrongPin,
    refusedPin: 'Nous ne pouvons pas vous laisser entrer. Au revoir.',
    askName: 'Après le bip, veuillez dire votre nom, puis appuyez sur la touche dièse.',
    full: 'Cette conférence est complète. Au revoir.',
    locked: 'Cette conférence est verrouillée. Au revoir.',
    ended: 'Cette conférence est terminée. Au revoir.',
    waitForModerator: 'La conférence commencera à l’arrivée du modérateur.',
    hasJoined: 'a rejoint la conférence.',
    hasLeft: 'a quitté la conférence.',
    muted: 'Votre micro est coupé.',
    unmuted: 'Votre micro n’est plus coupé.',
    locking: 'La conférence est maintenant verrouillée.',
    unlocking: 'La conférence n’est plus verrouillée.',
    othersMuted: 'Les micros des autres sont coupés.',
    oneMinuteLeft: 'Cette conférence se termine dans une minute.',
    count: (people) =>
      people <= 1
        ? 'Il n’y a que vous dans cette conférence.'
        : `Il y a ${people} personnes dans cette conférence.`,
  },
  queue: {
    position: (place) =>
      place <= 1
        ? 'Votre appel est le prochain dans la file d’attente.'
        : `Votre appel est en position ${place} dans la file d’attente.`,
    wait: (minutes) =>
      `Le temps d’attente estimé est d’environ ${counted(minutes, 'une minute', 'minutes')}.`,
    waitIsLong: 'Le temps d’attente estimé est de plus d’une heure.',
    confirm: 'Vous avez un appel de la file d’attente. Pour le prendre, appuyez sur le 1.',
  },
  call: {
    endsIn: (seconds) => `Cet appel se termine dans ${lengthOf(seconds * 1_000)}.`,
    supervised: 'Un superviseur écoute cet appel.',
    newLead: (name, source) =>
      `Nouveau prospect${source === undefined ? '' : ` de ${source}`} : ${name}. Pour lui parler, appuyez sur le 1.`,
    leadNotReached: 'Désolé, le prospect n’a pas pu être joint. Au revoir.',
  },
  leaving: {
    isNotAvailable: 'n’est pas joignable.',
    isBusy: 'est déjà en ligne.',
    notAvailable: 'Votre correspondant n’est pas joignable.',
    busy: 'Votre correspondant est déjà en ligne.',
    leaveMessage:
      'Veuillez laisser votre message après le bip. Ensuite, raccrochez ou appuyez sur la touche dièse.',
    operator: 'Pour parler à quelqu’un maintenant, appuyez sur le 0.',
    full: 'La messagerie est pleine et ne prend pas de message pour le moment. Au revoir.',
    failed:
      'Votre message ne peut pas être enregistré pour le moment. Veuillez réessayer plus tard. Au revoir.',
    tooShort: 'Votre message était trop court.',
    review:
      'Pour écouter votre message, appuyez sur le 1. Pour le réenregistrer, sur le 2. Pour le sauvegarder, sur le 3, ou raccrochez. Pour le marquer comme urgent, sur le 4.',
    saved: 'Votre message a été sauvegardé. Au revoir.',
    urgent: 'Le message est marqué comme urgent.',
    notUrgent: 'Le message n’est plus marqué comme urgent.',
  },
  owner: {
    askBox: 'Veuillez saisir les dix chiffres de votre messagerie, puis la touche dièse.',
    askPin: 'Veuillez saisir votre code, puis la touche dièse.',
    wrongPin,
    refused: 'L’accès n’est pas possible pour le moment. Au revoir.',
    mainKeys:
      'Pour les nouveaux messages, appuyez sur le 1. Pour les messages sauvegardés, sur le 2. Pour les messages supprimés, sur le 3. Pour les options, sur le 0. Pour terminer, appuyez sur la touche dièse.',
    noMessages: 'Il n’y a aucun message ici.',
    noMore: 'Il n’y a plus de messages.',
    messageKeys:
      'Pour le réécouter, appuyez sur le 5. Pour le supprimer, sur le 7. Pour rappeler, sur le 8. Pour le sauvegarder, sur le 9. Pour le message précédent, sur le 4, pour le suivant, sur le 6. Pour le menu principal, sur la touche étoile.',
    deletedKeys:
      'Pour le réécouter, appuyez sur le 5. Pour le récupérer, sur le 7. Pour le message précédent, sur le 4, pour le suivant, sur le 6. Pour le menu principal, sur la touche étoile.',
    deleted: 'Supprimé. Pour annuler, appuyez sur le 7.',
    undeleted: 'Le message n’est plus supprimé.',
    saved: 'Sauvegardé.',
    gone: 'Ce message n’existe plus.',
    notHeard: 'Ce message ne peut pas être écouté au téléphone pour le moment.',
    noCallBack: 'Ce correspondant ne peut pas être rappelé.',
    confirmCall: 'Pour rappeler, appuyez sur le 1. Pour revenir, sur la touche étoile.',
    notConnected: 'Personne n’a pu être joint.',
    optionKeys:
      'Pour l’annonce lorsque vous ne répondez pas, appuyez sur le 1. Pour celle lorsque vous êtes en ligne, sur le 2. Pour votre nom, sur le 3. Pour changer le code, sur le 4. Pour le menu principal, sur la touche étoile.',
    greetingKeys:
      'Pour enregistrer, appuyez sur le 1. Pour écouter, sur le 2. Pour revenir à l’annonce standard, sur le 3. Pour revenir au menu, sur la touche étoile.',
    recordGreeting: 'Veuillez parler après le bip, et appuyez sur la touche dièse à la fin.',
    noGreeting: 'L’annonce standard est utilisée.',
    standardGreeting: 'L’annonce standard est utilisée à partir de maintenant.',
    keepKeys:
      'Pour garder l’enregistrement, appuyez sur le 1. Pour l’écouter, sur le 2. Pour recommencer, sur le 3. Pour l’abandonner, sur la touche étoile.',
    notRecorded: 'Rien n’a été enregistré.',
    kept: 'L’enregistrement est utilisé à partir de maintenant.',
    discarded: 'L’enregistrement a été abandonné.',
    newPin: 'Veuillez saisir le nouveau code, de 4 à 10 chiffres, puis la touche dièse.',
    repeatPin: 'Veuillez le saisir encore une fois, puis la touche dièse.',
    pinsDiffer: 'Les deux codes ne sont pas identiques. Le code reste inchangé.',
    badPin:
      'Ce code ne convient pas : il faut de 4 à 10 chiffres qui ne soient pas faciles à deviner. Le code reste inchangé.',
    pinChanged: 'Le code est changé.',
    goodbye: 'Au revoir.',
    counts,
    envelope: ({ index, count, urgent, from, receivedAtMs, durationMs }) =>
      `${urgent ? 'Message urgent' : 'Message'} ${index} sur ${count}, de ${party(from, 'la part d’un correspondant inconnu')}, ${when(receivedAtMs)}, ${lengthOf(durationMs)}.`,
  },
  mail: {
    ...{ dates: 'fr', colon: '\u00a0: ' },
    subject: (who, length, urgent) =>
      `${urgent ? 'Message vocal urgent' : 'Message vocal'} de ${who} (${length})`,
    ...{ from: 'De', to: 'Pour', received: 'Reçu', length: 'Durée', box: 'Messagerie' },
    ...{ urgent: 'Urgent', yes: 'oui', transcript: 'Transcription', listen: 'Écouter' },
    unknownCaller: 'numéro masqué',
    audio: {
      attached: 'Le message est en pièce jointe.',
      sealed: 'Le message est chiffré et n’est donc pas joint.',
      large: 'Le message est trop long pour être joint.',
      gone: 'L’enregistrement n’a pas pu être joint.',
    },
  },
}
