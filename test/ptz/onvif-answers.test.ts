/** What is read of a camera's answer: the same whatever is around it and however it is spelled; bounded whatever comes. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readAnswer } from '../../ptz/onvif/soap-answer.ts';
import type { XmlElement } from '../../ptz/onvif/xml.ts';
import { PROPERTY_LIMIT_MS } from '../support/patience.ts';

type Tree = readonly [name: string, attributes: Readonly<Record<string, string>>, inside: string | readonly Tree[]];

const PROFILES: Tree = [
  'GetProfilesResponse',
  {},
  [
    [
      'Profiles',
      { token: 'main & <1>', fixed: 'true' },
      [
        ['Name', {}, 'Hof "Süd" & 门 ]]> <é>'],
        ['VideoSourceConfiguration', {}, []],
      ],
    ],
    [
      'Profiles',
      { token: 'sub' },
      [
        [
          'PTZConfiguration',
          { token: 'ptz' },
          [
            ['NodeToken', {}, 'node 1'],
            ['DefaultPTZTimeout', {}, 'PT5S'],
            ['Extension', {}, []],
          ],
        ],
      ],
    ],
  ],
];

/** How one author of firmware writes XML; chosen anew for every place by a number. */
interface Hand {
  readonly prefix: string;
  readonly isKnown: boolean;
  readonly choices: readonly number[];
}

/** The tree as that hand writes it. */
function written(tree: Tree, { prefix, isKnown, choices }: Hand): string {
  let count = 0;
  const one = (...texts: readonly string[]) => texts[(choices[count++ % choices.length] ?? 0) % texts.length] ?? '';
  const gap = () => one('', ' ', '\r\n\t', '<!-- a & <b> </c> -->', '\n<?vendor x?>', '');
  const escaped = (text: string) =>
    text.replace(/[&<>"']/g, (found) =>
      `&#${one('x', '')}`.replace(/x?$/, (x) =>
        x === 'x' ? `x${found.charCodeAt(0).toString(16)};` : `${found.charCodeAt(0)};`,
      ),
    );
  const raw = (text: string) =>
    text
      .replaceAll('<', '&lt;')
      .replaceAll(/&(?!lt;)/g, one('&', '&amp;'))
      .replaceAll(']]>', ']]&gt;');
  const cdata = (text: string) => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  const textOf = (text: string) => gap() + one(escaped(text), raw(text), cdata(text)) + gap();
  const attributesOf = (attributes: Readonly<Record<string, string>>) => {
    const named = Object.entries(attributes).map(
      ([name, value]) => `${one('', `${prefix}q:`)}${name}${one('', ' ')}=${one('"', '\n"')}${escaped(value)}"`,
    );
    const others = [one('', 'xsi:type="tt:X"', `x='a "quoted" > thing'`), one('', 'xmlns:z="urn:z"')].filter(
      (text) => text !== '',
    );
    return [...named, ...others].map((text) => `${one(' ', '\n  ')}${text}`).join('');
  };
  const write = ([name, attributes, inside]: Tree): string => {
    const full = prefix === '' ? name : `${prefix}:${name}`;
    const head = `<${full}${attributesOf(attributes)}${one('', ' ')}`;
    const body =
      typeof inside === 'string' ? textOf(inside) : inside.map((child) => gap() + write(child)).join('') + gap();
    return inside.length === 0
      ? one(`${head}/>`, `${head}></${full}>`)
      : `${head}>${body}</${full}${one('', ' ', '\n')}>`;
  };
  const known = isKnown ? ` xmlns:${prefix || 'p'}="http://www.onvif.org/ver10/media/wsdl"` : '';
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"${known}>${gap()}<s:Header/>${gap()}<s:Body>${gap()}${write(tree)}${gap()}</s:Body></s:Envelope>`;
}

const BEFORE = [
  '',
  '<?xml version="1.0" encoding="UTF-8"?>',
  '\uFEFF<?xml version="1.0"?>\n',
  '\r\n\r\n<?xml version="1.0" encoding="gb2312" standalone="yes"?>',
  '\0\0',
  'Warning: disk is full & hot\n<br>\n<?xml version="1.0"?>',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>',
  '<?xml version="1.0"?><?xml version="1.0"?>\n<!-- <Envelope> -->',
];
const AFTER = ['', '\0'.repeat(4096), '\r\n\r\n', '\nOK & done', '<!-- end -->', '\x1a'];

function plain({ local, attributes, children, text }: XmlElement): unknown {
  const kept = ['token', 'fixed'].flatMap((name) => (attributes.has(name) ? [[name, attributes.get(name)]] : []));
  return [local, Object.fromEntries(kept), children.length > 0 || text === '' ? children.map(plain) : text];
}

describe('one answer, many hands', () => {
  const hand = fc.record({
    prefix: fc.constantFrom('', 'trt', 'SOAP-ENV', 'ns1', 'a.b', 'тест'),
    isKnown: fc.boolean(),
    choices: fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
  });

  test('the same is read, whoever wrote it and whatever is around it', () => {
    const property = fc.property(hand, fc.constantFrom(...BEFORE), fc.constantFrom(...AFTER), (by, before, after) => {
      const answer = readAnswer('GetProfiles', {
        status: 200,
        text: `${before}${written(PROFILES, by)}${after}`,
        challenges: null,
      });
      expect(answer.refusal === null ? plain(answer.body) : answer.refusal.reason).toEqual(plainTree(PROFILES));
    });
    fc.assert(property, { numRuns: 400, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
  });

  test('a part of it is never taken for the whole', () => {
    const whole = written(PROFILES, { prefix: 'trt', isKnown: true, choices: [0] });
    for (let length = 0; length < whole.length - '</s:Envelope>'.length; length++) {
      const { refusal } = readAnswer('GetProfiles', { status: 200, text: whole.slice(0, length), challenges: null });
      expect(refusal).not.toBeNull();
    }
    // The end of the envelope may be lost: its Content-Length counts characters.
    for (let length = whole.length - '/s:Envelope>'.length; length <= whole.length; length++) {
      expect(
        readAnswer('GetProfiles', { status: 200, text: whole.slice(0, length), challenges: null }).refusal,
      ).toBeNull();
    }
  });

  test('whatever comes, it is an answer or a refusal of bounded length', () => {
    const junk = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '/',
        '<s:Envelope>',
        '</s:Envelope>',
        '<s:Body>',
        '</s:Body>',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '<!DOCTYPE a [',
        ']>',
        'a',
        ' ',
        '\0',
        '=',
        '<?',
        '?>',
        '&a;',
        '&#0;',
        '<GetProfilesResponse>',
        '</GetProfilesResponse>',
      ),
      { maxLength: 60 },
    );
    const property = fc.property(junk, fc.integer({ min: 100, max: 599 }), (parts, status) => {
      const { refusal } = readAnswer('GetProfiles', { status, text: parts.join(''), challenges: null });
      expect((refusal?.reason ?? '').length).toBeLessThanOrEqual(300);
    });
    fc.assert(property, { numRuns: 2000, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
  });
});

function plainTree([name, attributes, inside]: Tree): unknown {
  return [name, attributes, typeof inside === 'string' ? inside : inside.map(plainTree)];
}

const MIB = 1024 * 1024;
const fill = (text: string) => text.repeat(Math.floor(MIB / text.length));
const inBody = (inside: string) => `<s:Envelope><s:Body>${inside}</s:Body></s:Envelope>`;
const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join(
  '',
);

test.each<[string, string]>([
  [
    'a document type that grows',
    `<!DOCTYPE s [<!ENTITY l0 "lol">${laughs}]>${inBody('<GetXResponse>&l9;</GetXResponse>')}`,
  ],
  ['a document type without an end', `<!DOCTYPE s [${fill('<!ENTITY a "b">')}`],
  ['levels', fill('<a>')],
  ['levels in the envelope', `<s:Envelope>${fill('<a>')}`],
  ['elements', inBody(fill('<a/>'))],
  ['attributes', inBody(`<GetXResponse ${Array.from({ length: 90_000 }, (_, k) => `a${k}="1"`).join(' ')}/>`)],
  ['ampersands', inBody(`<GetXResponse>${fill('&')}</GetXResponse>`)],
  ['known entities', inBody(`<GetXResponse>${fill('&amp;')}</GetXResponse>`)],
  ['entities', inBody(`<GetXResponse>${fill('&#0;')}</GetXResponse>`)],
  ['zeros', fill('\0')],
  ['zeros inside', inBody(`<GetXResponse>${fill('\0')}</GetXResponse>`)],
  ['beginnings of CDATA', inBody(fill('<![CDATA['))],
  ['beginnings of comments', inBody(fill('<!--'))],
  ['beginnings', fill('<')],
  ['envelopes', fill('<Envelope ')],
  ['a name', `<${fill('a')}`],
  ['spaces', `${fill(' ')}x`],
])('a mebibyte of %s is bounded', (_, text) => {
  const answer = readAnswer('GetX', { status: 200, text, challenges: null });
  const read = answer.refusal === null ? answer.body.text.length : answer.refusal.reason.length;
  expect(read).toBeLessThanOrEqual(text.length);
});
