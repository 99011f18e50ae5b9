import type { Random } from '../../../servers/random.js'

/** A document that a stranger might send: what it is, and its text of up to so many characters. */
export interface HostileDocument {
  readonly name: string
  readonly text: string
}

type Repeat = readonly [name: string, part: (index: number) => string]

/** Parts that are repeated until the document is full. */
const parts: readonly Repeat[] = [
  ...[
    '[]\n',
    '{}\n',
    'a: b\n',
    '- *\n',
    '- ',
    '[',
    '{',
    ']',
    '}',
    ': ',
    '? ',
    "'",
    '"',
    ',',
    '&a ',
    '*a ',
    '!!x ',
    '#\n',
    '%\n',
    '---\n',
    '...\n',
    '|\n',
    '>\n',
    '\u0001',
    '\t',
    '\n',
    '\r',
    ' ',
    '\\',
    '=',
    '${',
    '${A',
    '${A}',
    '${A:-',
    '{a',
    '{a}',
    '{a:int}',
    '{a[b]}',
    'é',
    '\u202e',
    '\ud800',
    '😀',
    '*.',
    'a.',
    '..',
    'x',
    '9',
    '9.',
    ':9',
    '/',
    '|',
    'a=b,',
    'a=b|',
    '- {match: a, to: b}\n',
    '- {m: a, t: b}\n',
    '- match: {a}\n',
    '- match: [a, b]\n  to: [c, d]\n',
    '<<: *a\n',
    'x-a: b\n',
  ].map((text): Repeat => [JSON.stringify(text), () => text]),
  ['numbered keys', index => `k${index}: v\n`],
  ['numbered anchors', index => `- &a${index} x\n`],
  ['unknown aliases', index => `- *a${index}\n`],
  [
    'aliases of all before',
    index => `x-${index}: &a${index} [${index === 0 ? 'x' : `*a${index - 1}, *a${index - 1}`}]\n`,
  ],
  ['exact rules', index => `- {match: b${index}.example, to: t.example}\n`],
  ['rules of many targets', index => `- {match: b${index}.example, to: [${'t.x,'.repeat(16)}]}\n`],
  ['rules of too many targets', index => `- {match: b${index}.example, to: [${'t.x,'.repeat(40)}]}\n`],
  ['rules of unknown tables', index => `- {match: "{a}.h${index}.x", to: "{u${index}[a]}"}\n`],
  ['rules of unknown captures', index => `- {match: "{a}.h${index}.x", to: "{b}.x"}\n`],
  ['rules of unset variables', index => `- {match: "*.h${index}.x", to: "\${UNSET_${index}}"}\n`],
  [
    'rules of bad servers',
    index => `- {match: h${index}.x, to: a, nameservers: "x y", allow: 1.2.3.4/99, fallback: n}\n`,
  ],
  ['one label of many captures', index => `- {match: "${'{a:int}-'.repeat(40)}.h${index}", to: x}\n`],
  ['captures that may tie', index => `- {match: "{a}${'.{b}'.repeat(index % 8)}.h${index % 97}.x", to: x}\n`],
]

/** What stands around the parts. */
const frames: readonly (readonly [name: string, head: string, tail: string])[] = [
  ['alone', '', ''],
  ['in a list', '[', ']'],
  ['as rules', 'rules:\n', ''],
  ['as a profile', 'profiles:\n p:\n', ''],
  ['as tables', 'tables:\n', ''],
  ['as a table', 'tables: { t: {', '} }'],
  ['as patterns', 'rules:\n- to: x\n  match: [', ']'],
  ['as targets', 'rules:\n- match: x\n  to: [', ']'],
  ['as zones', 'rules:\n- match: x\n  to: {', '}'],
  ['as a pattern', 'rules:\n- to: x\n  match: "', '"'],
  ['as a target', 'rules:\n- match: "{a}.x"\n  to: "', '"'],
  ['as nameservers', 'rules:\n- match: x\n  to: y\n  nameservers: "', '"'],
  ['as allow', 'rules:\n- match: x\n  to: y\n  allow: "', '"'],
  ['as a text over lines', 'rules:\n- match: x\n  to: |\n   ', ''],
  ['behind an anchor', 'x-a: &a [x, x]\nrules:\n', ''],
]

function filled([, part]: Repeat, head: string, tail: string, size: number): string {
  const pieces = [head]
  let length = head.length + tail.length
  for (let index = 0; ; index++) {
    const piece = part(index)
    length += piece.length
    if (length > size) return pieces.join('') + tail
    pieces.push(piece)
  }
}

/** Every part alone, each in one drawn frame. */
export const eachPart = (random: Random, size: number): readonly HostileDocument[] =>
  parts.map(part => inFrame(part, random, size))

/** Documents of two parts in turn in a drawn frame. */
export function products(random: Random, size: number, count: number): readonly HostileDocument[] {
  return Array.from({ length: count }, () => {
    const [one, other] = [drawn(parts, random), drawn(parts, random)]
    const both: Repeat = [`${one[0]} and ${other[0]}`, index => (index % 2 === 0 ? one : other)[1](index >> 1)]
    return inFrame(both, random, size)
  })
}

function inFrame(part: Repeat, random: Random, size: number): HostileDocument {
  const [where, head, tail] = drawn(frames, random)
  return { name: `${part[0]} ${where}`, text: filled(part, head, tail, size) }
}

function drawn<T>(items: readonly T[], random: Random): T {
  const item = items[random.below(items.length)]
  if (item === undefined) throw new Error('nothing to draw from')
  return item
}

/** Patterns with targets, each list as long as it fits: small text, many pairs. */
export function pairs(size: number): HostileDocument {
  const list = (name: string, length: number) => filled([name, index => `${name}${index}.x,`], '', '', length)
  return {
    name: 'patterns by targets',
    text: `rules:\n - match: [${list('h', size / 2)}]\n   to: [${list('t', size / 2 - 40)}]\n`,
  }
}
