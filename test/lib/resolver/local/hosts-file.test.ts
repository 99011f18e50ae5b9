import t from 'tap'
import { parseHosts } from '../../../../lib/resolver/local/local-files.js'

const cases: { name: string; text: string; table: Record<string, string[]> }[] = [
  { name: 'an empty file has no names', text: '', table: {} },
  {
    name: 'a line gives all its names an address',
    text: '192.0.2.1 a.example b',
    table: { 'a.example': ['192.0.2.1'], b: ['192.0.2.1'] },
  },
  {
    name: 'a name on several lines has all addresses, IPv4 first, each once',
    text: '2001:db8::1 a\n192.0.2.2 a\n192.0.2.1 a\n192.0.2.2 a',
    table: { a: ['192.0.2.2', '192.0.2.1', '2001:db8::1'] },
  },
  {
    name: 'case and a trailing dot make no difference',
    text: '192.0.2.1 A.Example.',
    table: { 'a.example': ['192.0.2.1'] },
  },
  {
    name: 'a comment ends a line anywhere',
    text: '#192.0.2.1 a\n192.0.2.1 b#c d\n192.0.2.2 e # f',
    table: { b: ['192.0.2.1'], e: ['192.0.2.2'] },
  },
  {
    name: 'a line without a good address is passed over',
    text: '192.0.2 a\nlocalhost b\n192.0.2.256 c\n\t\n192.0.2.1',
    table: {},
  },
  { name: 'tabs and CRLF are white space', text: '\t192.0.2.1\ta\r\n', table: { a: ['192.0.2.1'] } },
  {
    name: 'names of the language are names',
    text: '192.0.2.1 __proto__ constructor',
    table: Object.fromEntries([
      ['__proto__', ['192.0.2.1']],
      ['constructor', ['192.0.2.1']],
    ]),
  },
]

for (const { name, text, table } of cases) {
  t.test(name, async t => {
    const parsed = [...parseHosts(text)].map(([host, addresses]) => [host, addresses.map(({ address }) => address)])
    t.strictSame(parsed, Object.entries(table))
  })
}
