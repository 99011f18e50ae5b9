import t from 'tap'
import { ask, inlineFaults, table, yamlFaults, yamlTable } from '../helpers.js'

/** What the one rule makes of the host, with a table at hand. */
const lead = (pattern: string, target: string, host: string, port?: number) =>
  ask(
    yamlTable(
      `tables: { Az: { One: zone-1, two: b.c }, n: { "7": seven } }\nrules: [{ match: "${pattern}", to: "${target}" }]`,
    ),
    host,
    port,
  )

// Each row: pattern, target, host, the port asked for, and where it leads.
const rows: readonly [
  why: string,
  pattern: string,
  target: string,
  host: string,
  port: number | undefined,
  leads: string,
][] = [
  ['the advertised port is kept', '*.example', 'svc.test', 'b0.example', 9092, 'svc.test:9092'],
  ['no port stays none', '*.example', 'svc.test', 'b0.example', undefined, 'svc.test:'],
  ['a port of its own', '*.example', 'svc.test:443', 'b0.example', 9092, 'svc.test:443'],
  ['a port of its own, none asked', '*.example', 'svc.test:443', 'b0.example', undefined, 'svc.test:443'],
  ['a final dot stays', '*.example', 'svc.test.', 'b0.example', 1, 'svc.test.:1'],
  ['a final dot before a port', '*.example', 'svc.test.:443', 'b0.example', 1, 'svc.test.:443'],
  ['a final dot behind what is filled in stays', '*.example', 'svc.{host}.', 'b0.example', 1, 'svc.b0.example.:1'],
  ['capitals become small', '*.example', 'SVC.Test', 'b0.example', 1, 'svc.test:1'],
  ['IDNA', '*.example', 'bücher.test', 'b0.example', 1, 'xn--bcher-kva.test:1'],
  ['IDNA before what is filled in', '*.example', 'bücher.{host}', 'b0.example', 1, 'xn--bcher-kva.b0.example:1'],
  ['an IPv4 address', '*.example', '192.0.2.1', 'b0.example', 1, '192.0.2.1:1'],
  ['an IPv4 address with a port', '*.example', '192.0.2.1:443', 'b0.example', 1, '192.0.2.1:443'],
  ['an IPv6 address', '*.example', '2001:db8::1', 'b0.example', 1, '2001:db8::1:1'],
  ['an IPv6 address in brackets', '*.example', '[2001:DB8::1]', 'b0.example', 1, '2001:db8::1:1'],
  ['an IPv6 address with a port', '*.example', '[2001:db8::1]:443', 'b0.example', 1, '2001:db8::1:443'],
  ['a capture', 'b{n}.example', 'svc-{n}.test', 'b0.example', 1, 'svc-0.test:1'],
  ['a capture in lower case', 'b{n}.example', 'svc-{N}.test', 'BAB.example', 1, 'svc-ab.test:1'],
  ['a capture twice, alone', '{n}.example', '{n}.{n}', 'b0.example', 1, 'b0.b0:1'],
  ['the whole name', '*.example', '{host}.internal', 'B0.Example.', 1, 'b0.example.internal:1'],
  ['what * covers', '*.example', '{*}.internal', 'a.b0.example', 1, 'a.b0.internal:1'],
  ['what a lone * covers', '*', '{*}.internal', 'a.b0.example', 1, 'a.b0.example.internal:1'],
  ['a table', '{z}.example', '{az[z]}.test', 'one.example', 1, 'zone-1.test:1'],
  ['a table whose value has dots', '{z}.example', 'x-{AZ[Z]}.test', 'TWO.example', 1, 'x-b.c.test:1'],
  ['a table by *', '*.example', '{n[*]}.test', '7.example', 1, 'seven.test:1'],
  ['a table by host', '{a}', '{az[host]}.test', 'one', 1, 'zone-1.test:1'],
  ['captures of an address', '10.20.{a:int}.{b:int}', 'b-{a}-{b}.test', '10.20.3.4', 1, 'b-3-4.test:1'],
  ['an address of captures', '10.20.{a:int}.{b:int}', '192.0.2.{b}', '10.20.3.4', 1, '192.0.2.4:1'],
  ['a sum', 'b-{n:int}.example', 'nlb.test:{9000 + n}', 'b-7.example', 1, 'nlb.test:9007'],
  ['a sum without blanks', 'b-{n:int}.example', 'nlb.test:{9000+n}', 'b-7.example', 1, 'nlb.test:9007'],
  [
    'a number with leading zeros is not octal',
    'b-{n:int}.example',
    'nlb.test:{9000 + n}',
    'b-010.example',
    1,
    'nlb.test:9010',
  ],
  ['a constant sum', '*.example', 'nlb.test:{9000 + 92}', 'b.example', undefined, 'nlb.test:9092'],
  ['a sum behind an IPv6 address', 'b{n:int}.example', '[2001:db8::1]:{9+n}', 'b1.example', 1, '2001:db8::1:10'],
  [
    'a sum of many',
    'b-{n:int}-{m:int}.example',
    'nlb.test:{n - 1 + 100 - m + 9000}',
    'b-7-3.example',
    1,
    'nlb.test:9103',
  ],
  ['a sum that passes a negative', 'b-{n:int}.example', 'nlb.test:{n - 9000 + 9001}', 'b-0.example', 1, 'nlb.test:1'],
  ['a capture alone as the port', '{n:int}.example', 'nlb.test:{n}', '9092.example', 1, 'nlb.test:9092'],
  ['the advertised port', '*.example', 'nlb.test:{port}', 'b.example', 9092, 'nlb.test:9092'],
  ['the advertised port and more', '*.example', 'nlb.test:{port + 1000}', 'b.example', 9092, 'nlb.test:10092'],
  ['the advertised port, unknown', '*.example', 'nlb.test:{port + 1000}', 'b.example', undefined, 'nlb.test:'],
  ['the highest port', '{n:int}.example', 'nlb.test:{n}', '65535.example', 1, 'nlb.test:65535'],
  ['a port above is no target', '{n:int}.example', 'nlb.test:{n}', '65536.example', 1, 'ERR_SPLIT_DNS_TARGET'],
  [
    'a sum above is no target',
    'b-{n:int}.example',
    'nlb.test:{9000 + n}',
    'b-60000.example',
    1,
    'ERR_SPLIT_DNS_TARGET',
  ],
  ['port 0 is no target', '{n:int}.example', 'nlb.test:{n}', '0.example', 1, 'ERR_SPLIT_DNS_TARGET'],
  ['a port below is no target', '{n:int}.example', 'nlb.test:{n - 9}', '1.example', 1, 'ERR_SPLIT_DNS_TARGET'],
  [
    'a number beyond all is no target',
    '{n:int}.example',
    'nlb.test:{n}',
    `${'9'.repeat(60)}.example`,
    1,
    'ERR_SPLIT_DNS_TARGET',
  ],
  [
    'two numbers beyond all are no target',
    '{n:int}-{m:int}.example',
    'nlb.test:{n - m + 1}',
    '99999999999999999999-99999999999999999998.example',
    1,
    'ERR_SPLIT_DNS_TARGET',
  ],
  ['an asked port above is no target', '*.example', 'svc.test', 'b0.example', 70_000, 'ERR_SPLIT_DNS_TARGET'],
  ['an asked port below 0 is no target', '*.example', 'svc.test', 'b0.example', -1, 'ERR_SPLIT_DNS_TARGET'],
  ['a key that the table lacks is no target', '{z}.example', '{az[z]}.test', 'x.example', 1, 'ERR_SPLIT_DNS_TARGET'],
  ['too long a label is no target', '{n}.example', 'x{n}.test', `${'a'.repeat(63)}.example`, 1, 'ERR_SPLIT_DNS_TARGET'],
  ['too long a name is no target', '*.e', '{*}.{*}', `${'a.'.repeat(80)}e`, 1, 'ERR_SPLIT_DNS_TARGET'],
  ['a number at the end is no target', '{n}.example', 'a.{n}', '7.example', 1, 'ERR_SPLIT_DNS_TARGET'],
  ['an octet too large is no target', '10.20.{a:int}.{b:int}', '192.0.2.{b}9', '10.20.3.99', 1, 'ERR_SPLIT_DNS_TARGET'],
]
for (const [why, pattern, target, host, port, leads] of rows) {
  t.test(`${why}: ${pattern} to ${target}`, async t => t.equal(lead(pattern, target, host, port), leads))
}

t.test('an unusable target names broker, rule and target', async t => {
  t.throws(() => table('{n:int}.example=nlb.test:{n}').decide('70000.example', 9092), {
    code: 'ERR_SPLIT_DNS_TARGET',
    message: /70000\.example:9092.*'\{n:int\}\.example'.*'nlb\.test:\{n\}'.*70000/,
  })
})

t.test('system and refuse are what they say, in any case', async t => {
  const map = table('a.example=system, b.example=REFUSE, c.example=system., d.example=refuse.test')
  t.equal(ask(map, 'a.example'), 'system')
  t.equal(ask(map, 'b.example'), 'refuse')
  t.equal(ask(map, 'c.example', 1), 'system.:1')
  t.equal(ask(map, 'd.example', 1), 'refuse.test:1')
  t.match(map.decide('a.example', 9092), { route: { action: 'system', rule: { match: 'a.example' }, targets: [] } })
})

t.test('a list is kept in its order', async t => {
  t.equal(ask(table('*.example = c.test | a.test:1 | 192.0.2.1'), 'b.example', 9), 'c.test:9 a.test:1 192.0.2.1:9')
  t.equal(
    ask(yamlTable('rules: [{ match: "*.example", to: [c.test, "a.test:1"] }]'), 'b.example', 9),
    'c.test:9 a.test:1',
  )
})

t.test('a decision tells which targets set a port, and how the map writes them', async t => {
  const { targetSetsPort, targetTexts } = table('b{n:int}.example = a.test | a.test:{port} | a.test:{9000+n}').decide(
    'b1.example',
    2,
  )
  t.same(targetSetsPort, [false, false, true])
  t.same(targetTexts, ['a.test', 'a.test:{port}', 'a.test:{9000+n}'])
})

t.test('targets are never matched again', async t => {
  t.equal(ask(table('a.example=b.example, b.example=c.example'), 'a.example'), 'b.example:')
})

// Each row: pattern, target, what its fault says and where (a column of the target).
const bad: readonly [pattern: string, target: string, message: RegExp, column?: number][] = [
  ['a.example', '', /found nothing/],
  ['a.example', 'https://b.test', /found a URL/, 6],
  ['a.example', 'b c', /' ' is not allowed in a target's name/, 2],
  ['a.example', 'b..c', /no valid host name/],
  ['a.example', `${'a'.repeat(64)}.test`, /63/],
  ['a.example', '127.1', /ends in a number/],
  ['a.example', '192.0.2.256', /ends in a number/],
  ['a.example', 'b.test:', /expected a port/, 8],
  ['a.example', 'b.test:0', /1 to 65535/, 8],
  ['a.example', 'b.test:65536', /1 to 65535/, 8],
  ['a.example', 'b.test:x', /expected a port/, 8],
  ['a.example', 'b.test:-1', /expected a port/, 8],
  ['a.example', 'b.test:{}', /end of the braces/, 9],
  ['a.example', 'b.test:{9000 + }', /end of the braces/, 16],
  ['a.example', 'b.test:{+ 1}', /found '\+'/, 9],
  ['a.example', 'b.test:{1 2}', /found '2'/, 11],
  ['a.example', 'b.test:{2 * 3}', /expected '\+' or '-', found '\*'/, 11],
  ['b{n:int}.example', 'b.test:{-n}', /expected a number or an int capture, found '-'/, 9],
  ['b{n:int}.example', 'b.test:90{n}', /as a whole like \{9000 \+ n\}/, 8],
  ['a.example', 'b.test:{1}0', /as a whole/, 8],
  ['a.example', 'b.test:{65535 + 1}', /1 to 65535/, 9],
  ['a.example', 'b.test:{n}', /no capture 'n'/, 9],
  ['{n}.example', 'b.test:{9000 + n}', /'n' is no number: write \{n:int\}/, 16],
  ['{n:word}.example', 'b.test:{n}', /'n' is no number/, 9],
  ['a.example', 'b.test:{host}', /no capture 'host'/, 9],
  ['{zone}.example', '{zon}.test', /no such capture \(did you mean 'zone'\?\)/],
  ['a.example', '{*}.test', /no '\*' that \{\*\} could stand for/],
  ['{z}.example', '{ax[z]}.test', /no table 'ax' \(did you mean 'az'\?\)/],
  ['{z}.example', '{az[y]}.test', /no such capture/],
  ['{z}.example', '{az[z}.test', /no reference/],
  ['{z}.example', '{z', /no '\}'/],
  ['{z}.example', 'z}', /no '\{'/, 2],
  ['{z}.example', '{z:int}.test', /type is for the pattern only/],
  ['a.example', '{port}.test', /port only/],
  ['a.example', '*.test', /'\*' is allowed only/],
  ['a.example', 'üa.x,y', /',' is not allowed/, 5],
  ['{n}.example', 'ü{n}.example', /'ü' is not allowed/],
  ['a.example', '$X.test', /\$\{NAME\}/],
  ['a.example', '[2001:db8::1', /IPv6 address in brackets/],
  ['a.example', '[2001:db8::1]9', /':PORT' after the brackets/, 14],
  ['a.example', 'system:9092', /takes no port/, 7],
]
for (const [pattern, target, message, column = 1] of bad) {
  t.test(`'${target}' for ${pattern} is a fault`, async t => {
    const faults = yamlFaults(`tables: { az: {} }\nrules:\n- match: '${pattern}'\n  to: '${target}'`)
    t.equal(faults.length, 1)
    t.match(faults, [{ message, origin: 'map.yaml', line: 4 }])
    // A fault of the target as a whole points at its quote, others into it.
    t.equal(faults[0]?.column, column === 1 ? 7 : 7 + column)
    t.match(faults[0]?.message, `rule '${pattern}'`)
  })
}

t.test('system and refuse stand alone, never in lists or zone maps', async t => {
  const lists = ['[system, a.test]', '[a.test, refuse]', '{ a: a.test, b: refuse }', '{ a: [system] }', '[system]']
  for (const to of lists)
    t.match(yamlFaults(`rules: [{ match: a.example, to: ${to} }]`), [{ message: /must be the only target/ }], to)
  t.match(inlineFaults('a.example=system|b.test'), [
    { message: /'system' must be the only target/, line: 1, column: 11 },
  ])
})

t.test('host, port and * are reserved names', async t => {
  for (const name of ['host', 'port', 'HOST', 'Port:int'])
    t.match(inlineFaults(`{${name}}.example=a`), [{ message: /is reserved/ }])
  t.match(inlineFaults('{*}.example=a'), [{ message: /is no capture/ }])
})

const computed: readonly { to: string; isComputed: readonly boolean[] }[] = [
  { to: 'a.test | 192.0.2.1 | [2001:db8::1]:9000 | a.test:{9000+n}', isComputed: [false, false, false, false] },
  { to: '{n}.a.test | {host} | {*} | {t[n]}.a.test | 192.0.2.{n}', isComputed: [true, true, true, true, true] },
]

for (const { to, isComputed } of computed) {
  t.test(`of the targets ${to} those are computed that a capture, {host} or {*} is part of`, async t => {
    const map = yamlTable(
      `tables: { t: { 1: x } }\nrules: [{ match: "*.b{n:int}.example", to: [${to
        .split(' | ')
        .map(target => JSON.stringify(target))
        .join()}] }]`,
    )
    const decision = map.decide('x.b1.example', 9092)
    t.same(decision.targetIsComputed, isComputed)
    t.ok(Object.isFrozen(decision.targetIsComputed))
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
  t.match(yamlFaults('rules:\n- match: a.x\n  to: []\n'), [{ message: /at least one target/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: {}\n'), [{ message: /at least one target/ }])
  t.match(yamlFaults('rules:\n- match: a.x\n  to: [[a]]\n'), [{ message: /expected a target.*found a list/ }])
})

t.test('a list of patterns binds the target to each', async t => {
  const map = yamlTable('rules:\n- match: ["{a}.{b}.x", "{b}-{a:int}.y"]\n  to: "{a}-{b}.example"\n')
  t.equal(ask(map, '1.2.x'), '1-2.example:')
  t.equal(ask(map, '1-2.y'), '2-1.example:')
  t.match(map.decide('1.2.x').route.rule, { match: '{a}.{b}.x', index: 0 })
  t.match(yamlFaults('rules:\n- match: ["{a}.x", "b.x"]\n  to: "{a}.example"\n'), [{ message: /no such capture/ }])
})

t.test('faults of inline maps have a column', async t => {
  t.match(inlineFaults('a.x=b, c.x=d e'), [{ line: 1, column: 13 }])
})
