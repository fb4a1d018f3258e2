/**
 * What is spoken in a country to somebody of whom nothing else is known: its most used language, as a
 * tag (BCP 47) of espeak-ng. Countries that are not here, or whose language it does not speak, get
 * English.
 */
const countriesByLanguage: Readonly<Record<string, string>> = {
  am: 'ET',
  ar: 'AE BH DJ DZ EG EH IQ JO KM KW LB LY MA MR OM PS QA SA SD SO SY TD TN YE',
  az: 'AZ',
  bg: 'BG',
  bn: 'BD',
  bs: 'BA',
  ca: 'AD',
  cmn: 'CN TW',
  cs: 'CZ',
  da: 'DK FO',
  de: 'AT CH DE LI',
  el: 'CY GR',
  'en-029': 'AG AI BB BM BS BZ DM GD GY JM KN KY LC MS TC TT VC VG VI',
  'en-gb': 'AU FJ FK GB GG GH GI IE IM IO JE KE MW NA NG NZ PG SG SH SL UG ZA ZM ZW',
  'en-us': 'AS CA GU LR MP PH US',
  es: 'ES GQ',
  'es-419': 'AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE',
  et: 'EE',
  fa: 'AF IR',
  fi: 'FI',
  'fr-fr': 'BF BI BJ BL CD CF CG CI CM FR GA GF GN GP MC MF MG ML MQ NC NE PF PM RE SN TG WF YT',
  he: 'IL',
  hi: 'IN',
  hr: 'HR',
  ht: 'HT',
  hu: 'HU',
  hy: 'AM',
  id: 'ID',
  is: 'IS',
  it: 'IT SM VA',
  ja: 'JP',
  ka: 'GE',
  kk: 'KZ',
  kl: 'GL',
  ko: 'KP KR',
  ky: 'KG',
  lb: 'LU',
  lt: 'LT',
  lv: 'LV',
  mk: 'MK',
  ms: 'BN MY',
  mt: 'MT',
  my: 'MM',
  nb: 'NO SJ',
  ne: 'NP',
  nl: 'BE NL SR SX',
  pap: 'AW BQ CW',
  pl: 'PL',
  pt: 'AO CV GW MZ PT ST',
  'pt-br': 'BR',
  ro: 'MD RO',
  ru: 'BY RU TJ',
  si: 'LK',
  sk: 'SK',
  sl: 'SI',
  sq: 'AL XK',
  sr: 'ME RS',
  sv: 'AX SE',
  sw: 'TZ',
  th: 'TH',
  tk: 'TM',
  tr: 'TR',
  uk: 'UA',
  ur: 'PK',
  uz: 'UZ',
  vi: 'VN',
  yue: 'HK MO',
}

const languages: ReadonlyMap<string, string> = new Map(
  Object.entries(countriesByLanguage).flatMap(([language, countries]) =>
    countries.split(' ').map((country) => [country, language] as const),
  ),
)

const defaultLanguage = 'en'

/** Every tag that `languageOf` can give. */
export const spokenLanguages: readonly string[] = [
  defaultLanguage,
  ...Object.keys(countriesByLanguage),
]

/** The language for somebody in that country, of those that can be spoken here. */
export function languageOf(countryCode: string, hasVoice: (language: string) => boolean): string {
  const language = languages.get(countryCode.toUpperCase())
  return language !== undefined && hasVoice(language) ? language : defaultLanguage
}
