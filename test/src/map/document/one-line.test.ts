import t from 'tap'
import { ask, inlineFaults, table } from '../helpers.js'

const good: readonly { name: string; text: string; asked: [string, number?]; to: string }[] = [
  { name: 'rules are divided by commas', text: 'a.x=t1,b.x=t2', asked: ['b.x'], to: 't2:' },
  { name: 'rules are divided by line breaks', text: 'a.x=t1\nb.x=t2\r\nc.x=t3\n', asked: ['c.x'], to: 't3:' },
  { name: 'blanks around parts are left out', text: '  a.x = t1 | t2 ,\n\n , b.x=t3', asked: ['a.x'], to: 't1: t2:' },
  { name: 'targets are divided by |', text: 'a.x=t1|t2:9|192.0.2.1', asked: ['a.x', 1], to: 't1:1 t2:9 192.0.2.1:1' },
  {
    name: 'captures and computed ports',
    text: 'b-{n:int}.c.example:9098=nlb.example:{9000+n}',
    asked: ['b-2.c.example', 9098],
    to: 'nlb.example:9002',
  },
  {
    name: 'wildcards and variables',
    text: '*.kafka.example=svc.${NAMESPACE}.svc.cluster.local',
    asked: ['a.kafka.example', 9092],
    to: 'svc.team.svc.cluster.local:9092',
  },
  { name: 'a default may hold dividers', text: 'a.x=${X:-t.example:9}, b.x=t2', asked: ['a.x', 1], to: 't.example:9' },
  {
    name: 'IPv6 on both sides',
    text: '[2001:db8::1]:9092=[2001:db8::2]:9093',
    asked: ['2001:db8::1', 9092],
    to: '2001:db8::2:9093',
  },
  { name: 'system', text: '*.x=refuse,a.x=system', asked: ['a.x'], to: 'system' },
  { name: 'a byte order mark', text: '\ufeffa.x=t', asked: ['a.x'], to: 't:' },
]
for (const c of good) {
  t.test(`one line: ${c.name}`, async t =>
    t.equal(ask(table(c.text, { env: { NAMESPACE: 'team' } }), ...c.asked), c.to),
  )
}

const bad: readonly { name: string; text: string; at: string; message: RegExp }[] = [
  { name: 'no =', text: 'a.x=t, b.x', at: '1:8', message: /expected PATTERN=TARGET, found no '=' in 'b\.x'/ },
  { name: 'two =', text: 'a.x=t=u', at: '1:1', message: /several '='/ },
  { name: 'no pattern', text: '=t', at: '1:1', message: /found nothing/ },
  { name: 'no target', text: 'a.x=', at: '1:5', message: /found nothing/ },
  { name: 'an empty target in a list', text: 'a.x=t|', at: '1:7', message: /found nothing/ },
  { name: 'system in a list', text: 'a.x=t|system', at: '1:7', message: /must be the only target/ },
  { name: 'a fault on the second line', text: 'a.x=t\n b..x=t', at: '2:4', message: /a label is empty/ },
  {
    name: 'a brace that is not closed spoils its own line only',
    text: 'a{.x=t\nb.x=t u',
    at: '1:2',
    message: /no '='|has no '\}'/,
  },
  {
    name: 'a pattern that appears twice',
    text: 'a.x=t,A.x=u',
    at: '1:7',
    message: /appears twice: the first is at KAFKA_SPLIT_DNS_MAP rule 1/,
  },
  { name: 'a text that is YAML', text: 'rules: []', at: '1:1', message: /expected PATTERN=TARGET/ },
]
for (const c of bad) {
  t.test(`one line: ${c.name} is a fault at ${c.at}`, async t => {
    const [fault] = inlineFaults(c.text)
    t.match(fault?.message, c.message)
    if (!c.name.startsWith('a brace')) t.equal(`${fault?.line ?? ''}:${fault?.column ?? ''}`, c.at)
    t.equal(fault?.origin, 'KAFKA_SPLIT_DNS_MAP')
  })
}

t.test('10 MB without a rule is read soon', async t => t.equal(inlineFaults('a'.repeat(10_000_000)).length, 1))
