/** Countries, two of them with more than one network, whose ringback a caller can be given. */
export const ringCountries = [
  ...['at', 'au', 'be', 'bg', 'br', 'ch', 'cl', 'cn', 'cz', 'de', 'dk', 'ee', 'es', 'fi', 'fr'],
  ...['gr', 'hu', 'il', 'in', 'it', 'jp', 'lt', 'mx', 'my', 'nl', 'no', 'nz', 'ph', 'pl', 'pt'],
  ...['ru', 'se', 'sg', 'th', 'tw', 'uk', 'us', 'us-old', 've', 'za'],
] as const
export type RingCountry = (typeof ringCountries)[number]
