/** Elements of the Speech Synthesis Markup Language (W3C SSML 1.1). */
const elements = 'speak|p|s|break|prosody|emphasis|say-as|sub|phoneme|lang|voice|audio|mark'

/** A tag, or the beginning of one: whether it is well formed is for the reader of SSML to say. */
const tag = new RegExp(`</?(?:${elements})(?=[\\s/>]|$)`)

/** Whether a text is to be read as SSML: it has a tag of that language. Anything else is spoken as it is. */
export const isSsml = (text: string): boolean => tag.test(text)
