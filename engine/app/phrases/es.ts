import type { Phrases } from './phrases.ts'
import { counted, lengthIn, momentIn, party } from './wording.ts'

const messages = (count: number, kind: string): string =>
  counted(count, `un mensaje ${kind}`, `mensajes ${kind}s`)

function counts(fresh: number, saved: number): string {
  if (fresh > 0) {
    const rest = saved === 0 ? 'ningún mensaje guardado' : messages(saved, 'guardado')
    return `Tiene ${messages(fresh, 'nuevo')} y ${rest}.`
  }
  const rest = saved === 0 ? ' ni guardado' : `, y tiene ${messages(saved, 'guardado')}`
  return `No tiene ningún mensaje nuevo${rest}.`
}

const lengthOf = (durationMs: number): string =>
  lengthIn(
    durationMs,
    ' y ',
    (count) => counted(count, 'un minuto', 'minutos'),
    (count) => counted(count, 'un segundo', 'segundos'),
  )

function when(atMs: number): string {
  const { weekday, month, day, hour, minute } = momentIn('es', atMs)
  const hours = hour === 1 ? 'a la una' : `a las ${hour === 21 ? 'veintiuna' : hour}`
  const rest = minute === 0 ? '' : ` y ${minute}`
  return `el ${weekday} ${day} de ${month} ${hours}${rest}`
}

const wrongPin = 'Esa clave no es correcta.'

export const es: Phrases = {
  conference: {
    askPin: 'Por favor, marque la clave de la conferencia y después la tecla almohadilla.',
    wrongPin,
    refusedPin: 'No podemos dejarle entrar. Adiós.',
    askName: 'Después de la señal, diga su nombre y pulse la tecla almohadilla.',
    full: 'Esta conferencia está completa. Adiós.',
    locked: 'Esta conferencia está bloqueada. Adiós.',
    ended: 'Esta conferencia ha terminado. Adiós.',
    waitForModerator: 'La conferencia empezará cuando llegue el moderador.',
    hasJoined: 'se ha unido a la conferencia.',
    hasLeft: 'ha salido de la conferencia.',
    muted: 'Su micrófono está silenciado.',
    unmuted: 'Su micrófono ya no está silenciado.',
    locking: 'La conferencia está ahora bloqueada.',
    unlocking: 'La conferencia ya no está bloqueada.',
    othersMuted: 'Los demás están silenciados.',
    oneMinuteLeft: 'Esta conferencia termina en un minuto.',
    count: (people) =>
      people <= 1
        ? 'No hay nadie más en esta conferencia.'
        : `Hay ${people} personas en esta conferencia.`,
  },
  queue: {
    position: (place) =>
      place <= 1
        ? 'Su llamada es la siguiente en la cola.'
        : `Su llamada está en la posición ${place} de la cola.`,
    wait: (minutes) =>
      `El tiempo de espera estimado es de aproximadamente ${counted(minutes, 'un minuto', 'minutos')}.`,
    waitIsLong: 'El tiempo de espera estimado es de más de una hora.',
    confirm: 'Tiene una llamada de la cola. Para atenderla, pulse 1.',
  },
  call: {
    endsIn: (seconds) => `Esta llamada termina en ${lengthOf(seconds * 1_000)}.`,
    supervised: 'Un supervisor está escuchando esta llamada.',
    newLead: (name, source) =>
      `Nuevo contacto${source === undefined ? '' : ` de ${source}`}: ${name}. Para hablar, pulse 1.`,
    leadNotReached: 'Lo sentimos, no ha sido posible localizar al contacto. Adiós.',
  },
  leaving: {
    isNotAvailable: 'no está disponible.',
    isBusy: 'está en otra llamada.',
    notAvailable: 'La persona a la que llama no está disponible.',
    busy: 'La persona a la que llama está en otra llamada.',
    leaveMessage:
      'Por favor, deje su mensaje después de la señal. Cuando termine, cuelgue o pulse la tecla almohadilla.',
    operator: 'Para hablar con alguien ahora, pulse 0.',
    full: 'El buzón está lleno y no admite mensajes por ahora. Adiós.',
    failed: 'Su mensaje no se puede grabar en este momento. Por favor, inténtelo más tarde. Adiós.',
    tooShort: 'Su mensaje fue demasiado corto.',
    review:
      'Para escuchar su mensaje, pulse 1. Para grabarlo de nuevo, pulse 2. Para guardarlo, pulse 3 o cuelgue. Para marcarlo como urgente, pulse 4.',
    saved: 'Su mensaje se ha guardado. Adiós.',
    urgent: 'El mensaje está marcado como urgente.',
    notUrgent: 'El mensaje ya no está marcado como urgente.',
  },
  owner: {
    askBox: 'Por favor, marque los diez dígitos de su buzón y después la tecla almohadilla.',
    askPin: 'Por favor, marque su clave y después la tecla almohadilla.',
    wrongPin,
    refused: 'El acceso no es posible en este momento. Adiós.',
    mainKeys:
      'Para los mensajes nuevos, pulse 1. Para los mensajes guardados, pulse 2. Para los mensajes borrados, pulse 3. Para las opciones, pulse 0. Para terminar, pulse la tecla almohadilla.',
    noMessages: 'Aquí no hay mensajes.',
    noMore: 'No hay más mensajes.',
    messageKeys:
      'Para escucharlo otra vez, pulse 5. Para borrarlo, pulse 7. Para devolver la llamada, pulse 8. Para guardarlo, pulse 9. Para el mensaje anterior, pulse 4, para el siguiente, 6. Para el menú principal, pulse asterisco.',
    deletedKeys:
      'Para escucharlo otra vez, pulse 5. Para recuperarlo, pulse 7. Para el mensaje anterior, pulse 4, para el siguiente, 6. Para el menú principal, pulse asterisco.',
    deleted: 'Borrado. Para deshacerlo, pulse 7.',
    undeleted: 'El mensaje ya no está borrado.',
    saved: 'Guardado.',
    gone: 'Este mensaje ya no existe.',
    notHeard: 'Este mensaje no se puede escuchar ahora por teléfono.',
    noCallBack: 'No se puede devolver la llamada.',
    confirmCall: 'Para devolver la llamada, pulse 1. Para volver, pulse asterisco.',
    notConnected: 'No se pudo localizar a nadie.',
    optionKeys:
      'Para el saludo cuando no contesta, pulse 1. Para el saludo cuando está ocupado, pulse 2. Para su nombre, pulse 3. Para cambiar la clave, pulse 4. Para el menú principal, pulse asterisco.',
    greetingKeys:
      'Para grabarlo, pulse 1. Para escucharlo, pulse 2. Para usar el saludo habitual, pulse 3. Para volver, pulse asterisco.',
    recordGreeting:
      'Por favor, hable después de la señal y pulse la tecla almohadilla al terminar.',
    noGreeting: 'Se usa el saludo habitual.',
    standardGreeting: 'Desde ahora se usa el saludo habitual.',
    keepKeys:
      'Para conservar la grabación, pulse 1. Para escucharla, pulse 2. Para grabar de nuevo, pulse 3. Para descartarla, pulse asterisco.',
    notRecorded: 'No se ha grabado nada.',
    kept: 'La grabación se usa desde ahora.',
    discarded: 'La grabación se ha descartado.',
    newPin: 'Por favor, marque la nueva clave, de 4 a 10 dígitos, y después la tecla almohadilla.',
    repeatPin: 'Por favor, márquela otra vez y después la tecla almohadilla.',
    pinsDiffer: 'Las dos no son iguales. La clave no cambia.',
    badPin:
      'Esa clave no sirve: necesita de 4 a 10 dígitos que no sean fáciles de adivinar. La clave no cambia.',
    pinChanged: 'La clave ha cambiado.',
    goodbye: 'Adiós.',
    counts,
    envelope: ({ index, count, urgent, from, receivedAtMs, durationMs }) =>
      `${urgent ? 'Mensaje urgente' : 'Mensaje'} ${index} de ${count}, de ${party(from, 'un número desconocido')}, ${when(receivedAtMs)}, ${lengthOf(durationMs)}.`,
  },
  mail: {
    ...{ dates: 'es', colon: ': ' },
    subject: (who, length, urgent) =>
      `${urgent ? 'Mensaje de voz urgente' : 'Mensaje de voz'} de ${who} (${length})`,
    ...{ from: 'De', to: 'Para', received: 'Recibido', length: 'Duración', box: 'Buzón' },
    ...{ urgent: 'Urgente', yes: 'sí', transcript: 'Transcripción', listen: 'Escuchar' },
    unknownCaller: 'número oculto',
    audio: {
      attached: 'El mensaje va adjunto.',
      sealed: 'El mensaje está cifrado y por eso no va adjunto.',
      large: 'El mensaje es demasiado largo para adjuntarlo.',
      gone: 'No se ha podido adjuntar la grabación.',
    },
  },
}
