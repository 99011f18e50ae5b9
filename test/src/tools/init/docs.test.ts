import t from 'tap'
import { families, recognise } from '../../../../src/tools/init/recognise.js'
import { initOptions } from '../../../../src/tools/cli/init/init-options.js'

import { compileMap } from '../../../../src/map/compile.js'
import { isSplitDnsError } from '../../../../src/errors.js'
import { readDocument } from '../../../documents.js'
import { runMain } from '../cli/fixtures/run-main.js'
import { settings } from '../../map/helpers.js'
import { made } from './helpers.js'

const page = readDocument('docs/init.md')

// Each example is a command, the map that it makes, and what becomes of names.
const block = (language: string) => '```' + language + '\\n((?:(?!```).*\\n)*)```\\n\\n'
const examples = [...`${page}\n`.matchAll(new RegExp(block('sh') + block('yaml') + block('text'), 'g'))]

for (const [, command = '', yaml = '', answers = ''] of examples) {
  const args = command.replaceAll('\\\n', ' ').trim().split(/\s+/)
  t.test(`docs/init.md: ${args.slice(2, 5).join(' ')} makes the map below it`, async t => {
    t.same(args.slice(0, 2), ['npx', 'kafka-split-dns'])
    const { code, stdout } = await runMain(args.slice(2))
    t.equal(code, 0)
    t.equal(stdout, yaml)
    const { map } = compileMap([{ kind: 'file', origin: 'docs/init.md', text: yaml }], settings())
    for (const line of answers.trim().split('\n')) {
      const [, host = '', port = '', answer = ''] = /^(\S+):(\d+) -> (.*)$/.exec(line) ?? []
      t.equal(
        answerOf(() => map.decide(host, Number(port)).route),
        answer,
        line,
      )
    }
  })
}
t.test('docs/init.md has an example for each way', async t => t.ok(examples.length >= 9, `${examples.length}`))

function answerOf(decide: () => { action: string; targets: readonly { host: string; port: number | undefined }[] }) {
  try {
    const { action, targets } = decide()
    return targets.length === 0 ? action : targets.map(({ host, port }) => `${host}:${port ?? ''}`).join(', ')
  } catch (error) {
    if (isSplitDnsError(error)) return error.code
    throw error
  }
}

t.test('each name of the table of providers is recognised, and each provider is in it', async t => {
  const table = page.slice(page.indexOf('| recognised |')).split('\n\n')[0] ?? ''
  const rows = table.split('\n').slice(2)
  const found = new Set<string>()
  for (const row of rows) {
    const [, title = '', names = ''] = row.split(' | ').join('|').split('|')
    for (const [, host = ''] of names.matchAll(/`([^`]+)`/g)) {
      const { provider } = recognise([{ host, port: 9092 }])
      const isKnown = families.some(({ providers }) => providers.includes(provider))
      t.equal(isKnown, title.trim() !== 'anybody else', host)
      found.add(provider.title)
    }
  }
  for (const { name, providers } of families) {
    t.ok(
      providers.some(({ title }) => found.has(title)),
      name,
    )
  }
})

t.test('every flag is told of, in the help and on the page', async t => {
  const { stdout } = await runMain(['init', '--help'])
  for (const flag of Object.keys(initOptions)) {
    t.match(stdout, `--${flag}`)
    t.match(page, `--${flag}`)
  }
})

const msk = 'examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com'
const lkc = 'lkc-abc123.domfake00001.us-east-1.aws.confluent.cloud:9092'

// The messages of the table of errors, and what calls them forth.
const messages: readonly [part: string, brokers: string, endpoint: string, zone?: string][] = [
  ["is a broker's name itself", `b-1.${msk}:9098`, `b-2.${msk}`],
  ['is the broker itself', `b-1.${msk}:9098`, `b-1.${msk}`],
  ['has a port: expected a name or an address', lkc, 'a.example:9092'],
  ['the listener by which brokers copy from each other', `b-1-internal.${msk}:9098`, 'a.example'],
  ['not behind a private link', `b-1-public.${msk}:9098`, 'a.example'],
  ['init does not know such names', `x.${msk}:9098`, 'a.example'],
  ['belong to two clusters', `b-1.${msk}:9098 ${lkc}`, 'a.example'],
  ['has no name for a zone of', lkc, 'vpce-0abc.vpce-svc-1.us-west-2.vpce.amazonaws.com', 'use1-az1=us-east-1a'],
  ['is the wrong way round', lkc, 'a.example', 'us-east-1a=use1-az1'],
  ["the zone's endpoint can't be told from", lkc, 'a.example', 'use1-az1=us-east-1a'],
]
for (const [part, brokers, endpoint, zone] of messages) {
  t.test(`'${part}' is told by docs/init.md as it is`, async t => {
    t.ok(page.includes(part))
    t.throws(
      () => made({ brokers, endpoint, ...(zone === undefined ? {} : { zone }) }),
      new RegExp(part.replace(/[^\w ]/g, '\\$&')),
    )
  })
}
