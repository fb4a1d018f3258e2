import { primaryOf } from './ssml/wish.ts'

/**
 * Everyday words of some length, by language: how loud a voice is, is measured over them. A few words are 2 LU louder
 * or softer by chance, and words of another language up to 2 LU.
 */
const texts: Readonly<Record<string, string>> = {
  en:
    'Good morning, and thank you for calling. Your appointment is on Tuesday, the third of March, ' +
    'at half past ten. Please press one to confirm it, two to change it, or stay on the line, ' +
    'and somebody will be with you in a few minutes.',
  de:
    'Guten Morgen und vielen Dank für Ihren Anruf. Ihr Termin ist am Dienstag, dem dritten März, um ' +
    'halb elf. Drücken Sie bitte die Eins, um ihn zu bestätigen, die Zwei, um ihn zu ändern, oder ' +
    'bleiben Sie am Apparat, gleich ist jemand für Sie da.',
  fr:
    'Bonjour et merci de votre appel. Votre rendez-vous est mardi trois mars à dix heures et demie. ' +
    'Appuyez sur un pour le confirmer, sur deux pour le changer, ou restez en ligne, quelqu’un sera ' +
    'à vous dans quelques minutes.',
  es:
    'Buenos días y gracias por llamar. Su cita es el martes tres de marzo a las diez y media. Pulse ' +
    'uno para confirmarla, dos para cambiarla, o espere, alguien le atenderá en unos minutos.',
  it:
    'Buongiorno e grazie per la chiamata. Il suo appuntamento è martedì tre marzo alle dieci e mezza. ' +
    'Prema uno per confermarlo, due per cambiarlo, oppure resti in linea, tra poco qualcuno le risponderà.',
  pt:
    'Bom dia e obrigado por ligar. A sua consulta é na terça-feira, três de março, às dez e meia. Prima ' +
    'um para confirmar, dois para alterar, ou aguarde, dentro de alguns minutos alguém vai atender.',
  nl:
    'Goedemorgen en bedankt voor uw telefoontje. Uw afspraak is op dinsdag drie maart om half elf. Druk ' +
    'op één om deze te bevestigen, op twee om deze te wijzigen, of blijf aan de lijn, er is zo iemand voor u.',
  sv:
    'God morgon och tack för att du ringer. Din tid är tisdagen den tredje mars klockan halv elva. Tryck ' +
    'ett för att bekräfta den, två för att ändra den, eller vänta kvar, så svarar någon om några minuter.',
  da:
    'Godmorgen og tak for dit opkald. Din tid er tirsdag den tredje marts klokken halv elleve. Tryk et for ' +
    'at bekræfte den, to for at ændre den, eller bliv i røret, så svarer nogen om få minutter.',
  nb:
    'God morgen og takk for at du ringer. Timen din er tirsdag den tredje mars klokken halv elleve. Trykk ' +
    'en for å bekrefte den, to for å endre den, eller vent, så svarer noen om få minutter.',
  fi:
    'Hyvää huomenta ja kiitos soitostasi. Aikasi on tiistaina kolmas maaliskuuta puoli yksitoista. Paina ' +
    'yksi vahvistaaksesi sen, kaksi muuttaaksesi sen, tai odota, joku vastaa muutaman minuutin kuluttua.',
  pl:
    'Dzień dobry i dziękujemy za telefon. Pana wizyta jest we wtorek trzeciego marca o wpół do jedenastej. ' +
    'Proszę nacisnąć jeden, aby ją potwierdzić, dwa, aby ją zmienić, albo poczekać na linii.',
  cs:
    'Dobré ráno a děkujeme za zavolání. Vaše schůzka je v úterý třetího března v půl jedenácté. Stiskněte ' +
    'jedna pro potvrzení, dva pro změnu, nebo zůstaňte na lince, za chvíli se vám někdo ozve.',
  ru:
    'Доброе утро, спасибо за звонок. Ваша встреча во вторник, третьего марта, в половине одиннадцатого. ' +
    'Нажмите один, чтобы подтвердить её, два, чтобы изменить, или оставайтесь на линии.',
  uk:
    'Доброго ранку, дякуємо за дзвінок. Ваша зустріч у вівторок, третього березня, о пів на одинадцяту. ' +
    'Натисніть один, щоб підтвердити її, два, щоб змінити, або залишайтеся на лінії.',
  tr:
    'Günaydın, aradığınız için teşekkür ederiz. Randevunuz üç Mart Salı günü saat on buçukta. Onaylamak ' +
    'için bire, değiştirmek için ikiye basın, ya da hatta kalın, birazdan birisi size yardımcı olacak.',
  el:
    'Καλημέρα και ευχαριστούμε για την κλήση. Το ραντεβού σας είναι την Τρίτη τρεις Μαρτίου στις δέκα και ' +
    'μισή. Πατήστε ένα για επιβεβαίωση, δύο για αλλαγή, ή μείνετε στη γραμμή.',
  // Sentences of espeak-ng's Mandarin are 3 LU apart by their tones; this is in their middle.
  zh:
    '早上好，感谢您的来电。您的预约是三月三日星期二上午十点半，届时请出示您的预约单。确认请按一，更改请按二，' +
    '或者请不要挂机，我们的工作人员会尽快为您服务。',
  ja: 'おはようございます。おでんわ ありがとうございます。ごよやくは さんがつ みっか、かようびの じゅうじはんです。かくにんは いちを、へんこうは にを おしてください。',
  hi: 'सुप्रभात, कॉल करने के लिए धन्यवाद। आपका समय मंगलवार, तीन मार्च को साढ़े दस बजे है। पुष्टि के लिए एक दबाएँ, बदलने के लिए दो दबाएँ, या लाइन पर बने रहें।',
  ar: 'صباح الخير وشكرا لاتصالك. موعدك يوم الثلاثاء الثالث من مارس في العاشرة والنصف. اضغط واحد للتأكيد أو اثنين للتغيير، أو ابق على الخط وسيجيبك أحد بعد دقائق.',
}
const sameAs: Readonly<Record<string, string>> = { cmn: 'zh', yue: 'zh', no: 'nb', nn: 'nb' }
/** Every voice reads numbers in its own language. */
const numbers = '17, 42, 358, 1096, 2748, 31, 95, 604, 12, 873, 5021, 66.'

export function usualText(language: string): string {
  const primary = primaryOf(language)
  return texts[sameAs[primary] ?? primary] ?? numbers
}
