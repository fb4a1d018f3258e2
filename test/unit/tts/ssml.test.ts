import { describe, expect, test } from 'vitest'
import { read, rendered } from './ssml-lab.ts'

const spelled = (text: string) => `<say-as interpret-as="characters">${text}</say-as>`

describe('a document is rendered', () => {
  const rows: readonly (readonly [document: string, rendered: string])[] = [
    ['<speak>Hello  world\n</speak>', 'Hello world '],
    ['<?xml version="1.0" encoding="UTF-8"?>\n<speak version="1.0">a</speak>', 'a'],
    ['<!-- no --><speak>a<!-- <b> & --><?php x?></speak>', 'a'],
    // Without a root.
    ['one <break time="1s"/> two', 'one <break time="1000ms"/>two'],
    ['plain', 'plain'],
    // Signs, and what looks like markup.
    [
      '<speak>&lt;b&gt; &amp;amp; &quot;x&quot; it&apos;s &#65;&#x42;</speak>',
      "&lt;b&gt; &amp;amp; &quot;x&quot; it's AB",
    ],
    [
      '<speak><![CDATA[<break time="9s"/> & so]]></speak>',
      '&lt;break time=&quot;9s&quot;/&gt; &amp; so',
    ],
    ['<speak>a [[b]] [[[c</speak>', 'a [ [b]] [ [ [c'],
    ['<speak>[<foo>[</foo></speak>', '[ [ '],
    ['<speak>[<audio src="1s">[b</audio></speak>', '[ [b'],
    ['<speak><s>50%.</s><s>50.</s>(b). </speak>', '<s>50%.\n</s><s>50.</s>(b). \n'],
    // Structure.
    ['<speak><p>a</p><p>b</p></speak>', '<p>a</p>b'],
    ['<speak><p><s>a</s> <s>b</s></p><s>c</s></speak>', '<s>a</s><p>b</p>c'],
    ['<speak>a<s>b</s>c</speak>', '<s>a</s><s>b</s>c'],
    [
      '<x:speak xmlns:x="http://www.w3.org/2001/10/synthesis">a<x:break/>b</x:speak>',
      'a<break time="400ms"/>b',
    ],
    // Breaks.
    ['<speak>a<break/>b</speak>', 'a<break time="400ms"/>b'],
    ['<speak>a<break time="1.25s"/>b</speak>', 'a<break time="1250ms"/>b'],
    ['<speak>a<break time=".5s" strength="none"/>b</speak>', 'a<break time="500ms"/>b'],
    ['<speak>a<break time="0ms"/>b<break strength="none"/>c</speak>', 'abc'],
    [
      '<speak>a<break strength="x-weak"/>b<break strength="x-strong"/>c</speak>',
      'a<break time="100ms"/>b<break time="1000ms"/>c',
    ],
    ['<speak>a<break time="1s"/> <break time="2s"/>b</speak>', 'a<break time="3000ms"/>b'],
    [
      '<speak><s>a<break time="1s"/></s><break time="1s"/>b</speak>',
      '<s>a</s><break time="2000ms"/>b',
    ],
    [
      '<speak><prosody rate="50%">a<break time="1s"/>b</prosody></speak>',
      '<prosody rate="50%">a</prosody><break time="1000ms"/><prosody rate="50%">b</prosody>',
    ],
    // Prosody.
    ['<speak><prosody rate="slow">a</prosody></speak>', '<prosody rate="80%">a</prosody>'],
    [
      '<speak><prosody rate="+20%">a <prosody rate="50%">b</prosody></prosody></speak>',
      '<prosody rate="120%">a </prosody><prosody rate="60%">b</prosody>',
    ],
    [
      '<speak><prosody rate="2">a</prosody><prosody rate="900%">b</prosody></speak>',
      '<prosody rate="200%">a</prosody><prosody rate="300%">b</prosody>',
    ],
    ['<speak><prosody volume="-6dB">a</prosody></speak>', '<prosody volume="50%">a</prosody>'],
    ['<speak><prosody volume="+6.02dB">a</prosody></speak>', '<prosody volume="200%">a</prosody>'],
    [
      '<speak><prosody volume="x-loud">a<prosody volume="soft">b</prosody></prosody></speak>',
      '<prosody volume="200%">a</prosody><prosody volume="60%">b</prosody>',
    ],
    [
      '<speak><prosody volume="40">a</prosody><prosody volume="+20">b</prosody></speak>',
      '<prosody volume="40%">a</prosody><prosody volume="120%">b</prosody>',
    ],
    ['<speak><prosody volume="silent">a</prosody></speak>', '<prosody volume="0%">a</prosody>'],
    ['<speak><prosody pitch="+12st">a</prosody></speak>', '<prosody pitch="200%">a</prosody>'],
    ['<speak><prosody pitch="-50%">a</prosody></speak>', '<prosody pitch="0%">a</prosody>'],
    ['<speak><prosody pitch="high">a</prosody></speak>', '<prosody pitch="134%">a</prosody>'],
    [
      '<speak><prosody rate="fast" volume="loud" pitch="low">a</prosody></speak>',
      '<prosody rate="125%" volume="150%" pitch="57%">a</prosody>',
    ],
    ['<speak><prosody rate="medium" pitch="+0%">a</prosody>b</speak>', 'ab'],
    [
      '<speak>so <emphasis>a</emphasis> it</speak>',
      'so <prosody rate="95%" volume="125%" pitch="111%">a</prosody> it',
    ],
    [
      '<speak><emphasis level="reduced">a</emphasis><emphasis level="none">b</emphasis></speak>',
      '<prosody rate="105%" volume="75%" pitch="90%">a</prosody>b',
    ],
    // Said otherwise.
    ['<speak><sub alias="World Wide Web &amp; co">WWW</sub></speak>', 'World Wide Web &amp; co'],
    ['<speak><phoneme alphabet="ipa" ph="təˈmɑːtəʊ">tomato</phoneme></speak>', "[[t@'mA:toU]]"],
    ['<speak><phoneme ph="ʘǃ">click</phoneme></speak>', 'click'],
    ['<speak><phoneme ph="x]]&lt;break/>">click</phoneme></speak>', 'click'],
    ['<speak><phoneme alphabet="x-sampa" ph="a">ah</phoneme></speak>', 'ah'],
    ['<speak>a<mark name="x"/>b<metadata>no</metadata><lexicon uri="file:///x"/></speak>', 'ab'],
    ['<speak><audio src="/etc/hostname"/>b</speak>', 'b'],
    ['<speak><audio src="http://[::1]/a.wav"><desc>no</desc>beep</audio></speak>', 'beep'],
    [
      '<speak><say-as interpret-as="characters">A1-b</say-as></speak>',
      `${spelled('A')} 1 ${spelled('-b')}`,
    ],
    ['<speak><say-as interpret-as="digits">2025</say-as></speak>', '2 0 2 5'],
    ['<speak><say-as interpret-as="characters">a&lt;[[</say-as></speak>', spelled('a&lt;[ [ ')],
    [
      '<speak><say-as interpret-as="telephone">+1 (555) 010-0199</say-as></speak>',
      `${spelled('+')} 1, 5 5 5, 0 1 0, 0 1 9 9`,
    ],
    ['<speak><say-as interpret-as="telephone">555 ext. 7</say-as></speak>', '5 5 5, extension, 7'],
    ['<speak><say-as interpret-as="cardinal">1234</say-as></speak>', '1234'],
    ['<speak>the <say-as interpret-as="ordinal">21</say-as> of</speak>', 'the 21st of'],
    [
      '<speak><prosody rate="50%"><say-as interpret-as="digits">12</say-as></prosody></speak>',
      '<prosody rate="50%">1 2</prosody>',
    ],
    [
      '<speak><say-as interpret-as="date" format="mdy">10/12/2025</say-as></speak>',
      'October 12th 20 25',
    ],
    // Voices.
    [
      '<speak>a<voice name="fr">b</voice>c</speak>',
      '<voice name="en-us">a</voice><voice name="fr">b</voice><voice name="en-us">c</voice>',
    ],
    ['<speak><voice name="Nobody fr">b</voice></speak>', '<voice name="fr">b</voice>'],
    ['<speak><voice languages="xx de">b</voice></speak>', '<voice name="de">b</voice>'],
    [
      '<speak><voice gender="female">b<lang xml:lang="fr">c</lang></voice></speak>',
      '<voice name="en-us+f3">b</voice><voice name="fr+f3">c</voice>',
    ],
    [
      '<speak xml:lang="fr">a<p xml:lang="de">b</p></speak>',
      '<p><voice name="fr">a</voice></p><voice name="de">b</voice>',
    ],
    ['<speak xml:lang="xx"><voice name="Nobody">a</voice></speak>', 'a'],
    [
      '<speak><say-as xml:lang="fr" interpret-as="ordinal">2</say-as></speak>',
      '<voice name="fr">2</voice>',
    ],
    [
      '<speak xml:lang="de">am <say-as interpret-as="date">2025-12-10</say-as> um <say-as interpret-as="time">2:30pm</say-as>, <say-as interpret-as="currency">$12.50</say-as></speak>',
      '<voice name="de">am 10. Dezember 2025 um 14:30, 12,50 US-Dollar</voice>',
    ],
    // Unknown elements and attributes.
    [
      '<speak foo="1"><amazon:effect name="whispered">a</amazon:effect><constructor>b</constructor></speak>',
      'ab',
    ],
  ]
  test.each(rows)('%s', (document, expected) => {
    expect(rendered(document)).toBe(expected)
  })

  test('the voice of the request stays for documents in its language', () => {
    expect(rendered('<speak xml:lang="en-US">a</speak>', 'en-gb')).toBe('a')
    expect(rendered('<speak xml:lang="fr">a</speak>', 'en-gb')).toBe('<voice name="fr">a</voice>')
    expect(rendered('<speak xml:lang="en-GB">a</speak>')).toBe('<voice name="en-gb">a</voice>')
    expect(rendered('<speak><lang xml:lang="en-US">a</lang></speak>', 'en-gb')).toBe(
      '<voice name="en-us">a</voice>',
    )
  })

  test('breaks around it all are silence of ours', () => {
    const script = read('<speak> <break time="2s"/><s><break/>a</s><break time="300ms"/> </speak>')
    expect(script).toMatchObject({ leadMs: 2400, tailMs: 300, steps: [{ is: 'run', text: 'a' }] })
  })
})

describe('what is not followed is told', () => {
  const rows: readonly (readonly [document: string, warnings: readonly string[]])[] = [
    ['<speak>a<break/><sub alias="b">c</sub><mark name="d"/></speak>', []],
    [
      '<speak><foo>a</foo><foo>b</foo><x:bar>c</x:bar></speak>',
      ['line 1, column 12: unknown element foo', 'line 1, column 38: unknown element x:bar'],
    ],
    [
      '<speak><prosody pitch="200Hz" contour="(0%,+20Hz)">a</prosody></speak>',
      ['line 1, column 51: prosody: contour is not followed'],
    ],
    [
      '<speak><audio src="https://x.example/a.wav" speed="120%">a</audio></speak>',
      ['line 1, column 57: audio: speed is not followed'],
    ],
    [
      '<speak><say-as interpret-as="expletive">a</say-as></speak>',
      ['line 1, column 40: say-as expletive: left to the voice'],
    ],
    [
      '<speak><say-as interpret-as="date">soon</say-as></speak>',
      ['line 1, column 35: say-as date: left to the voice'],
    ],
    [
      '<speak>\n <say-as interpret-as="date" format="zzz">1/2/2025</say-as></speak>',
      ['line 2, column 42: say-as date: format zzz is not followed'],
    ],
    [
      '<speak><say-as interpret-as="ordinal" format="zzz">1</say-as></speak>',
      ['line 1, column 51: say-as ordinal: format zzz is not followed'],
    ],
    ['<speak><say-as interpret-as="time" format="hms12">2:00pm</say-as></speak>', []],
    [
      '<speak><phoneme ph="ʘ">b</phoneme></speak>',
      ['line 1, column 23: phoneme: its text was read instead'],
    ],
    [
      '<speak xml:lang="xx"><voice name="Nobody">a</voice></speak>',
      [
        'line 1, column 21: xml:lang: there is no voice for it',
        'line 1, column 42: voice: there is none such',
      ],
    ],
  ]
  test.each(rows)('%s', (document, warnings) => {
    expect(read(document).warnings).toEqual(warnings)
  })

  test('in few words', () => {
    const many = Array.from(
      { length: 50 },
      (_, i) => `<x${'y'.repeat(200)}${i}>a</x${'y'.repeat(200)}${i}>`,
    )
    const { warnings } = read(`<speak>${many.slice(0, 20).join('')}</speak>`)
    expect(warnings.length).toBeLessThanOrEqual(10)
    expect(Math.max(...warnings.map((warning) => warning.length))).toBeLessThanOrEqual(110)
  })
})

describe('what is refused, and where', () => {
  const at = (line: number, column: number, why: string) =>
    `SSML fault in line ${line}, column ${column}: ${why}`
  const rows: readonly (readonly [document: string, message: string])[] = [
    ['<speak>a', at(1, 8, 'unclosed tag: speak')],
    ['<speak>\n <p>x</q></speak>', at(2, 9, 'unexpected close tag')],
    ['<speak>\r\n a & b</speak>', at(2, 4, 'an & stands alone (write &amp;)')],
    ['fish & chips', at(1, 6, 'an & stands alone (write &amp;)')],
    ['<speak>a < b</speak>', at(1, 11, 'disallowed character in tag name')],
    ['<speak><p a=1>x</p></speak>', at(1, 13, 'unquoted attribute value')],
    ['<speak><p a="1" a="2">x</p></speak>', at(1, 22, 'duplicate attribute: a')],
    ['<speak>&nbsp;</speak>', at(1, 13, 'undefined entity')],
    ['<speak>&constructor;</speak>', at(1, 20, 'undefined entity')],
    ['<speak>&#0;</speak>', at(1, 11, 'malformed character entity')],
    ['<speak>a</speak>b', at(1, 17, 'text data outside of root node')],
    ['<speak>a</speak><speak>b</speak>', at(1, 23, 'documents may contain only one root')],
    ['</speak>', at(1, 8, 'unmatched closing tag: speak')],
    [
      '<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>x</speak>',
      at(1, 44, 'a document type declaration is not accepted'),
    ],
    [
      '<!DOCTYPE a [<!ENTITY b "c">]><speak>&b;</speak>',
      at(1, 30, 'a document type declaration is not accepted'),
    ],
    ['<!DOCTYPE p><p>x</p>', at(1, 9, 'inappropriately located doctype declaration')],
    [`<speak>${'<s>'.repeat(40)}`, at(1, 103, 'elements are nested deeper than 32 levels')],
    ['<speak>a\n<break time="10001ms"/>b</speak>', at(2, 23, 'a break lasts 10 s at most')],
    ['<speak>a<break time="9999s"/>b</speak>', at(1, 29, 'a break lasts 10 s at most')],
    [
      `<speak>${'a<break time="10s"/>'.repeat(7)}</speak>`,
      'The document pauses for more than 60 s in all',
    ],
    // What may not stand there.
    ['<speak><speak>a</speak></speak>', at(1, 14, 'speak may stand only around it all')],
    ['<p>a\n<p>b</p></p>', at(2, 3, 'p may not stand in p')],
    ['<s>a<p>b</p></s>', at(1, 7, 'p may not stand in s')],
    ['<s>a<prosody rate="slow"><s>b</s></prosody></s>', at(1, 28, 's may not stand in s')],
    ['<emphasis><foo><p>b</p></foo></emphasis>', at(1, 18, 'p may not stand in emphasis')],
    ['<sub alias="a"><break/></sub>', at(1, 23, 'sub may have only text in it, no break')],
    ['<sub alias="a"><foo/></sub>', at(1, 21, 'sub may have only text in it, no foo')],
    ['a<break>b</break>', at(1, 8, 'break may have nothing in it')],
    ['a<mark name="x"><p>b</p></mark>', at(1, 16, 'mark may have nothing in it')],
    ['a<desc>b</desc>', at(1, 7, 'desc may stand only in audio')],
    // Values that there are not.
    [
      'a\n <break time="soon"/>b',
      at(2, 21, 'time of break has to be a time such as 500ms or 1.5s'),
    ],
    ['a<break time="-1s"/>b', at(1, 20, 'time of break has to be a time such as 500ms or 1.5s')],
    [
      'a<break strength="mighty"/>b',
      at(1, 27, 'strength of break has to be none, x-weak, weak, medium, strong, x-strong'),
    ],
    [
      '<prosody rate="quick">a</prosody>',
      at(
        1,
        22,
        'rate of prosody has to be x-slow, slow, medium, fast, x-fast, default, a percentage or a factor',
      ),
    ],
    [
      '<emphasis level="huge">a</emphasis>',
      at(1, 23, 'level of emphasis has to be strong, moderate, none, reduced'),
    ],
    ['<sub>a</sub>', at(1, 5, 'sub has no alias')],
    ['<say-as>a</say-as>', at(1, 8, 'say-as has no interpret-as')],
    ['<phoneme alphabet="ipa">a</phoneme>', at(1, 24, 'phoneme has no ph')],
    ['<mark/>a', at(1, 7, 'mark has no name')],
    ['<lang>a</lang>', at(1, 6, 'lang has no xml:lang')],
    [
      '<p xml:lang="en us">a</p>',
      at(1, 20, 'xml:lang of p has to be a language tag such as en-US'),
    ],
    [`a${'<mark name="x"/>'.repeat(101)}`, 'The document has more than 100 marks and files'],
    ['<speak/>', 'The text is empty'],
    ['<speak> <break time="1s"/><mark name="a"/> </speak>', 'The text is empty'],
    ['<speak><sub alias="">a</sub></speak>', 'The text is empty'],
    ['<speak>a\u0007</speak>', 'The text has control characters'],
    ['<speak>a&#x85;</speak>', 'The text has control characters'],
    ['<speak>a\ud83d</speak>', 'The text is not valid Unicode'],
    [`<speak>${'a'.repeat(5001)}</speak>`, 'The document says more than 5000 characters'],
    [
      `<speak><say-as interpret-as="digits">${'1'.repeat(1001)}</say-as></speak>`,
      'The document says more than 5000 characters',
    ],
    [
      `<speak>a<!--${'b'.repeat(20_000)}--></speak>`,
      'The document has 20023 characters; at most 20000 are read',
    ],
  ]
  test.each(rows)('%#: $1', (document, message) => {
    const refusal = expect.objectContaining({ code: 'invalid_request', field: 'text', message })
    expect(() => read(document)).toThrow(refusal)
  })

  test('5000 spoken characters in much markup are not too many', () => {
    const document = `<speak>${'<s>1234567890</s>'.repeat(500)}</speak>`
    expect(read(document).steps.filter((part) => part.is === 'run')).toHaveLength(500)
  })
})
