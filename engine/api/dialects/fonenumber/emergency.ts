/** Short codes that ring at an emergency service somewhere. A call made by a program must never do that. */
const emergencyCodes: readonly string[] = [
  '000', // Australia
  '110', // police: Japan, China, Germany, Indonesia
  '111', // New Zealand
  '112', // Europe, India, and every GSM phone
  '113', // police: Italy, Norway, Indonesia, Vietnam
  '114', // fire: Vietnam
  '115', // fire: Italy; medical: Vietnam
  '117', // police: Switzerland, Philippines
  '118', // medical: Italy, Indonesia; fire: Switzerland
  '119', // Japan, Korea, Taiwan, Sri Lanka
  '120', // medical: China
  '122', // police: Egypt; traffic accidents: China
  '144', // medical: Switzerland, Austria
  '190', // police: Brazil
  '191', // police: Thailand
  '192', // medical: Brazil
  '193', // fire: Brazil
  '911', // North America
  '933', // the test line of 911
  '988', // crisis line: United States, Canada
  '995', // Singapore
  '997', // Saudi Arabia
  '998', // United Arab Emirates
  '999', // United Kingdom, Ireland, Hong Kong, Malaysia
]

/** `digits` without any separator; a prefix for calls abroad does not make it another number. */
export const isEmergency = (digits: string): boolean =>
  emergencyCodes.includes(digits.startsWith('011') ? digits.slice(3) : digits)
