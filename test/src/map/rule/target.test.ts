import t from 'tap'
import { isSplitDnsError } from '../../../../src/errors.js'
import { ask, inlineFaults, table, yamlFaults, yamlTable } from '../helpers.js'

const az = 'tables: { az: { use1-az1: us-east-1a, USE1-AZ2: us-east-1b, "1": one } }\nrules:\n'
const rule = (match: string, to: string) => `  - match: "${match}"\n    to: "${to}"\n`

const answers: readonly { name: string; match: string; to: string; asked: [string, number?]; expected: string }[] = [
  {
    name: 'the advertised port is kept',
    match: 'a.x',
    to: 't.example',
    asked: ['a.x', 9092],
    expected: 't.example:9092',
  },
  {
    name: 'a port that nobody named stays open',
    match: 'a.x',
    to: 't.example',
    asked: ['a.x'],
    expected: 't.example:',
  },
  {
    name: 'a port of the target is set',
    match: 'a.x',
    to: 't.example:9',
    asked: ['a.x', 9092],
    expected: 't.example:9',
  },
  {
    name: 'a port is computed',
    match: 'b-{n:int}.x',
    to: 't.example:{9000 + n}',
    asked: ['b-7.x', 9092],
    expected: 't.example:9007',
  },
  {
    name: 'a port is computed with minus',
    match: 'b-{n:int}.x',
    to: 't.example:{9100 - n - 1}',
    asked: ['b-7.x'],
    expected: 't.example:9092',
  },
  {
    name: 'leading zeros are no octal numbers',
    match: 'b-{n:int}.x',
    to: 't.example:{9000+n}',
    asked: ['b-010.x'],
    expected: 't.example:9010',
  },
  {
    name: '{port} is the advertised port',
    match: 'a.x',
    to: 't.example:{port + 1}',
    asked: ['a.x', 9092],
    expected: 't.example:9093',
  },
  {
    name: '{port} alone keeps the port',
    match: 'a.x',
    to: 't.example:{port}',
    asked: ['a.x', 9092],
    expected: 't.example:9092',
  },
  {
    name: '{port} stays open where nobody named it',
    match: 'a.x',
    to: 't.example:{port + 1}',
    asked: ['a.x'],
    expected: 't.example:',
  },
  {
    name: 'a constant sum is a port',
    match: 'a.x',
    to: 't.example:{9000 + 92}',
    asked: ['a.x'],
    expected: 't.example:9092',
  },
  {
    name: 'a port over 65535 is refused',
    match: 'b-{n:int}.x',
    to: 't.example:{9000 + n}',
    asked: ['b-60000.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'a port below 1 is refused',
    match: 'b-{n:int}.x',
    to: 't.example:{n - 1}',
    asked: ['b-1.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'a number beyond exact sums is refused',
    match: '{a:int}-{b:int}.x',
    to: 't.example:{a - b + 9092}',
    asked: ['99999999999999999999-99999999999999999999.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'an advertised port that is none is refused',
    match: 'a.x',
    to: 't.example',
    asked: ['a.x', 70000],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'an advertised port below zero is refused',
    match: 'a.x',
    to: 't.example',
    asked: ['a.x', -1],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'a capture is filled in, in lower case',
    match: '{Zone}.x',
    to: 't-{zone}.example',
    asked: ['AZ1.x'],
    expected: 't-az1.example:',
  },
  { name: '{host} is the whole name', match: 'a.x', to: '{host}.example', asked: ['A.X.'], expected: 'a.x.example:' },
  { name: '{*} is what * covered', match: '*.x', to: '{*}.example', asked: ['a.b.x'], expected: 'a.b.example:' },
  { name: '{*} of * alone is the whole name', match: '*', to: '{*}.example', asked: ['a.b'], expected: 'a.b.example:' },
  {
    name: 'a table is asked',
    match: '{zone}.x',
    to: 't-{az[zone]}.example',
    asked: ['use1-az1.x'],
    expected: 't-us-east-1a.example:',
  },
  {
    name: 'table keys and names compare in lower case',
    match: '{Zone}.x',
    to: 't-{AZ[ZONE]}.example',
    asked: ['use1-AZ2.x'],
    expected: 't-us-east-1b.example:',
  },
  {
    name: 'a table may be asked for what * covered',
    match: '*.x',
    to: 't-{az[*]}.example',
    asked: ['use1-az1.x'],
    expected: 't-us-east-1a.example:',
  },
  {
    name: 'a key that the table lacks fails where no other rule matches',
    match: '{zone}.x',
    to: 't-{az[zone]}.example',
    asked: ['other.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: '__proto__ is a key that the table lacks',
    match: '{zone}.x',
    to: 't-{az[zone]}.example',
    asked: ['__proto__.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'constructor is a key that the table lacks',
    match: '{zone}.x',
    to: 't-{az[zone]}.example',
    asked: ['constructor.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'a target may be an IPv4 address',
    match: 'a.x',
    to: '192.0.2.1',
    asked: ['a.x', 1],
    expected: '192.0.2.1:1',
  },
  {
    name: 'a target may be an IPv4 address with a port',
    match: 'a.x',
    to: '192.0.2.1:9',
    asked: ['a.x', 1],
    expected: '192.0.2.1:9',
  },
  {
    name: 'a target may be an IPv6 address',
    match: 'a.x',
    to: '2001:DB8::1',
    asked: ['a.x', 1],
    expected: '2001:db8::1:1',
  },
  {
    name: 'a target may be an IPv6 address with a port',
    match: 'b{n:int}.x',
    to: '[2001:db8::1]:{9+n}',
    asked: ['b1.x'],
    expected: '2001:db8::1:10',
  },
  {
    name: 'an address may be computed',
    match: 'b{n:int}.x',
    to: '192.0.2.{n}',
    asked: ['b7.x'],
    expected: '192.0.2.7:',
  },
  {
    name: 'an address that is none is refused',
    match: 'b{n:int}.x',
    to: '192.0.2.{n}',
    asked: ['b700.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  { name: 'a final dot stays', match: 'a.x', to: 'svc.{host}.', asked: ['a.x'], expected: 'svc.a.x.:' },
  {
    name: 'IDNA targets take their A-labels',
    match: 'a.x',
    to: 'bücher.{host}',
    asked: ['a.x'],
    expected: 'xn--bcher-kva.a.x:',
  },
  {
    name: 'a computed name that is too long is refused',
    match: '{a}.x',
    to: '{a}{a}.example',
    asked: [`${'a'.repeat(40)}.x`],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  {
    name: 'a name that ends in a number is refused',
    match: '{a}.x',
    to: 't.{a}',
    asked: ['12.x'],
    expected: 'ERR_SPLIT_DNS_TARGET',
  },
  { name: 'system leaves it alone', match: 'a.x', to: 'System', asked: ['a.x'], expected: 'system' },
  { name: 'refuse refuses', match: 'a.x', to: 'refuse', asked: ['a.x'], expected: 'refuse' },
  { name: 'system with a final dot is a host', match: 'a.x', to: 'system.', asked: ['a.x'], expected: 'system.:' },
  {
    name: 'an address is routed',
    match: '10.20.{a:int}.{b:int}',
    to: 't-{a}-{b}.example',
    asked: ['10.20.3.4', 1],
    expected: 't-3-4.example:1',
  },
  {
    name: 'an IPv6 address is routed, however it is written',
    match: '[2001:db8::1]',
    to: 't.example',
    asked: ['[2001:DB8:0:0::1]', 1],
    expected: 't.example:1',
  },
  {
    name: 'IDNA names are asked by U-labels too',
    match: 'xn--bcher-kva.x',
    to: 't.example',
    asked: ['Bücher.x.'],
    expected: 't.example:',
  },
  {
    name: 'IDNA names are written by U-labels too',
    match: 'bücher.x',
    to: 't.example',
    asked: ['xn--BCHER-kva.x'],
    expected: 't.example:',
  },
  {
    name: 'what is no host name meets no rule',
    match: '*',
    to: 't.example',
    asked: ['a..b'],
    expected: 'unmapped system',
  },
  { name: 'an empty host meets no rule', match: '*', to: 't.example', asked: [''], expected: 'unmapped system' },
]
for (const c of answers) {
  t.test(c.name, async t => t.equal(ask(yamlTable(az + rule(c.match, c.to)), ...c.asked), c.expected))
}

const faults: readonly { name: string; match: string; to: string; message: RegExp; column?: number }[] = [
  { name: 'an empty target', match: 'a.x', to: '', message: /found nothing/ },
  { name: 'a space', match: 'a.x', to: 'a b', message: /' ' is not allowed in a target's name/, column: 11 },
  { name: 'a URL', match: 'a.x', to: 'https://a.example', message: /found a URL/ },
  { name: 'a label of 64', match: 'a.x', to: `${'a'.repeat(64)}.example`, message: /no valid host name/ },
  { name: 'an empty label', match: 'a.x', to: 'a..b', message: /no valid host name/ },
  { name: 'a number at the end', match: 'a.x', to: '10.0.1', message: /ends in a number/ },
  { name: 'a port of 0', match: 'a.x', to: 'a:0', message: /from 1 to 65535/ },
  { name: 'a constant sum out of range', match: 'a.x', to: 'a:{65535 + 1}', message: /from 1 to 65535/ },
  { name: 'no port after the colon', match: 'a.x', to: 'a:', message: /expected a port/ },
  { name: 'a port in parts', match: 'b{n:int}.x', to: 'a:90{n}', message: /as a whole like \{9000 \+ n\}/ },
  { name: 'a product', match: 'b{n:int}.x', to: 'a:{n * 2}', message: /expected '\+' or '-', found '\*'/, column: 15 },
  { name: 'a sum without an end', match: 'b{n:int}.x', to: 'a:{n +}', message: /found the end/ },
  {
    name: 'a leading sign',
    match: 'b{n:int}.x',
    to: 'a:{-n}',
    message: /expected a number or an int capture, found '-'/,
  },
  { name: 'an unknown capture in a port', match: 'b{n:int}.x', to: 'a:{m}', message: /no capture 'm'/ },
  {
    name: 'a capture that is no number in a port',
    match: 'b{n}.x',
    to: 'a:{n}',
    message: /write \{n:int\} in the pattern/,
  },
  {
    name: 'an unknown capture',
    match: '{zone}.x',
    to: '{zoen}.example',
    message: /no such capture \(did you mean 'zone'/,
  },
  {
    name: 'an unknown table',
    match: '{zone}.x',
    to: '{az1[zone]}.example',
    message: /no table 'az1' \(did you mean 'az'/,
  },
  { name: 'an unknown capture in a look-up', match: '{zone}.x', to: '{az[zine]}.example', message: /no such capture/ },
  { name: '{*} without *', match: 'a.x', to: '{*}.example', message: /has no '\*'/ },
  { name: 'a typed capture', match: '{n:int}.x', to: '{n:int}.example', message: /type is for the pattern only/ },
  { name: '{port} in the name', match: 'a.x', to: '{port}.example', message: /for a target's port only/ },
  { name: 'a brace that is not closed', match: 'a.x', to: '{host.example', message: /'\{' has no '\}'/ },
  { name: 'a brace that is not opened', match: 'a.x', to: 'host}.example', message: /'\}' has no '\{'/ },
  { name: 'system with a port', match: 'a.x', to: 'system:9092', message: /takes no port/ },
  { name: 'an IPv6 address with a port and no brackets end', match: 'a.x', to: '[2001:db8::1', message: /in brackets/ },
  { name: 'a comma after an accent', match: 'a.x', to: 'üa.x,y', message: /',' is not allowed/, column: 14 },
  { name: 'an accent beside a capture', match: '{n}.x', to: 'ü{n}.example', message: /'ü' is not allowed/ },
]
for (const c of faults) {
  t.test(`${c.name} is a fault that names the rule and its place`, async t => {
    const [fault, ...more] = yamlFaults(az + rule(c.match, c.to))
    t.same(more, [])
    t.match(fault, { message: c.message, origin: 'map.yaml', line: 4 })
    t.match(fault?.message, `rule '${c.match}'`)
    if (c.column !== undefined) t.equal(fault?.column, c.column)
  })
}

t.test('lists and zone maps', async t => {
  const lists = yamlTable('rules:\n- match: a.x\n  to: [t1.example, "t2.example:9", 192.0.2.1]\n')
  t.equal(ask(lists, 'a.x', 1), 't1.example:1 t2.example:9 192.0.2.1:1')
  t.same(lists.decide('a.x', 1).targetSetsPort, [false, true, false])
  t.same(lists.decide('a.x', 1).targetTexts, ['t1.example', 't2.example:9', '192.0.2.1'])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: [a, system]\n'), [
    { message: /must be the only target/, line: 3, column: 11 },
  ])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: { z1: refuse }\n'), [{ message: /must be the only target/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: []\n'), [{ message: /at least one target/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: {}\n'), [{ message: /at least one target/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: [[a]]\n'), [{ message: /expected a target.*found a list/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: { z: a, Z: b }\n'), [{ message: /'Z' appears twice/ }])
})

t.test('a rule that lacks a key gives way to the next in order, and is told once', async t => {
  const told: string[] = []
  const map = yamlTable(`${az}${rule('{zone}.a.x', '{az[zone]}.example')}${rule('*.a.x', 'other.example')}`, {
    warn: fault => told.push(fault.message),
  })
  t.equal(ask(map, 'use1-az1.a.x'), 'us-east-1a.example:')
  t.equal(ask(map, 'use1-az9.a.x'), 'other.example:')
  t.equal(ask(map, 'use1-az9.a.x', 1), 'other.example:1')
  t.equal(told.length, 1)
  t.match(told[0], /rule '\{zone\}.a.x'.*gives way: table 'az' has no key 'use1-az9'/)
  t.match(map.candidates('use1-az9.a.x'), [
    { outcome: 'gave way', reason: "table 'az' has no key 'use1-az9'" },
    { outcome: 'chosen', rule: { match: '*.a.x' } },
  ])
})

t.test('a rule gives way as a whole where one target of its list lacks the key', async t => {
  const map = yamlTable(
    `${az}- match: "{zone}.x"\n  to: [first.example, "{az[zone]}.example"]\n- match: "*.x"\n  to: b.example\n`.replace(
      'rules:\n-',
      'rules:\n-',
    ),
  )
  t.equal(ask(map, 'zz.x'), 'b.example:')
})

t.test('when all that match give way the error names each rule and key, and the name is never unmapped', async t => {
  const map = yamlTable(`${az}${rule('{zone}.a.x', '{az[zone]}.example')}${rule('*.x', '{az[*]}.example')}`)
  try {
    map.decide('zz.a.x', 9092)
    t.fail('it decided')
  } catch (error) {
    t.ok(isSplitDnsError(error))
    t.match(error, {
      code: 'ERR_SPLIT_DNS_TARGET',
      message: /zz\.a\.x:9092.*'\{zone\}\.a\.x'.*key 'zz'.*'\*\.x'.*key 'zz\.a'/,
    })
  }
})

t.test('a list of patterns binds the target to each', async t => {
  const map = yamlTable('rules:\n- match: ["{a}.{b}.x", "{b}-{a:int}.y"]\n  to: "{a}-{b}.example"\n')
  t.equal(ask(map, '1.2.x'), '1-2.example:')
  t.equal(ask(map, '1-2.y'), '2-1.example:')
  t.match(map.decide('1.2.x').route.rule, { match: '{a}.{b}.x', index: 0 })
  t.match(yamlFaults('rules:\n- match: ["{a}.x", "b.x"]\n  to: "{a}.example"\n'), [{ message: /no such capture/ }])
})

t.test('captures are plain, in lower case, and harmless whatever they are called', async t => {
  const { route } = table('{__proto__}.{constructor:int}.{Zone}.*x.example=t'.replace('*x', 'x')).decide(
    'A.1.B.x.example',
  )
  t.same(Object.entries(route.captures), [
    ['__proto__', 'a'],
    ['constructor', '1'],
    ['Zone', 'b'],
  ])
  t.equal(Object.getPrototypeOf(route.captures), Object.prototype)
  t.ok(Object.isFrozen(route) && Object.isFrozen(route.captures) && Object.isFrozen(route.targets))
  t.same(table('*.{n}.x=t').decide('a.b.c.x').route.captures, { '*': 'a.b', n: 'c' })
})

t.test('faults of inline maps have a column', async t => {
  t.match(inlineFaults('a.x=b, c.x=d e'), [{ line: 1, column: 13 }])
})
