const who = ['The manager', 'Your doctor', 'A colleague', 'The driver', 'Our office', 'The shop']
const does = ['will call you', 'is waiting', 'has arrived', 'can not come', 'sends regards']
const when = ['this morning', 'before noon', 'after lunch', 'on Monday', 'in an hour']

/** Sentences of ten words or so, each another one. */
export const sentences = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => {
    const at = n + from
    const [a, b, c] = [who[at % 6], does[at % 5], when[Math.floor(at / 30) % 5]]
    return `${a} ${b} ${c}, and the number is ${1000 + at}.`
  })
