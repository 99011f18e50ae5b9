import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { SplitDns } from '../src/split-dns.js'
import { documents, fencedBlocks, readDocument } from './documents.js'
import { respond } from './servers/dns-message.js'
import { startDnsServer } from './servers/dns-server.js'
import { runMain } from './src/tools/cli/fixtures/run-main.js'
import { withVariablesTable } from './variables-table.js'
import { projectFolder } from './project.js'

const readme = readDocument('README.md')

t.test('the table of variables is the option table (npm run readme writes it)', async t => {
  const page = readDocument('docs/configuration.md')
  t.equal(page, withVariablesTable(page))
})

/** The maps that a reader would paste into a shell. */
const pasted = fencedBlocks(readme, 'sh').flatMap(block =>
  [...block.matchAll(/^export KAFKA_SPLIT_DNS_MAP='([^']*)'$/gm)].map(([, map = '']) => map),
)

t.test('each map for the shell is a map', async t => {
  t.equal(pasted.length, 2)
  for (const map of pasted) {
    await using splitDns = new SplitDns({}, { KAFKA_SPLIT_DNS_MAP: map })
    t.ok(splitDns.stats().map.rules > 0, map)
  }
})

t.test('the first map does what the README says of it', async t => {
  await using splitDns = new SplitDns({}, { KAFKA_SPLIT_DNS_MAP: pasted[0] })
  for (const host of ['bootstrap.kafka.example', 'b7.kafka.example']) {
    t.match(splitDns.route(host, 9092).targets, [{ host: 'vpce-0abc.vpce.example', port: 9092 }])
  }
  t.equal(splitDns.route('kafka.example', 9092).action, 'system')
})

t.test('the map in YAML leads as its comments say', async t => {
  const [yaml = ''] = fencedBlocks(readme, 'yaml').filter(block => block.includes('rules:'))
  const path = t.testdir({ 'map.yaml': yaml })
  const env = { KAFKA_SPLIT_DNS_MAP_FILE: `${path}/map.yaml`, KAFKA_SPLIT_DNS_ZONE: 'use1-az2' }
  await using splitDns = new SplitDns({}, { ...env, KAFKA_SPLIT_DNS_PROFILE: 'kafka-1' })
  const targets = (host: string, port = 9092) =>
    splitDns.route(host, port).targets.map(target => `${target.host}:${target.port ?? ''}`)
  t.same(targets('b1.eu-west-1.kafka.example'), ['kafka-managed-service.default.svc.cluster.local:9092'])
  t.same(targets('e-0cb9.use1-az1.dom1.us-east-1.aws.confluent.example'), [
    'vpce-0abc-us-east-1a.vpce-svc-1.us-east-1.vpce.example:9092',
  ])
  t.same(targets('b-7.cluster.kafka.example', 9098), ['nlb.vpce.example:9007'])
  t.same(targets('registry.example', 443), ['vpce-1b.example:443', 'vpce-1a.example:443'])
  t.same(targets('b1.dev.example'), ['primary.example:9092', 'secondary.example:9092'])
  t.equal(splitDns.route('b1.public.example', 9092).action, 'system')
  t.equal(splitDns.route('b1.forbidden.example', 9092).action, 'refuse')
  t.same(targets('b1.kafka-1.example'), ['vpce-k1.example:9092'])
  await using other = new SplitDns({}, env)
  t.equal(other.route('b1.kafka-1.example', 9092).action, 'system')
})

t.test('what its commands name is in package.json', async t => {
  const { scripts } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const block of fencedBlocks(readme, 'sh')) {
    for (const [, script = ''] of block.matchAll(/npm (?:run )?(demo|test|\S+:\S+)/g)) t.ok(script in scripts, script)
  }
})

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

for (const { path, text } of documents) {
  t.test(`every link of ${path} leads to a file, and to a heading that it has`, async t => {
    const here = pathToFileURL(join(projectFolder, path))
    for (const [, link = '', anchor] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)) {
      const target = link === '' ? here : new URL(link, here)
      if (!existsSync(target)) t.fail(`${link} is no file`)
      else if (anchor === undefined) t.pass(link)
      else t.ok(anchors(readFileSync(target, 'utf8')).includes(anchor), `${link}#${anchor}`)
    }
  })
}

t.test('explain prints what the README shows', async t => {
  const [shown = ''] = fencedBlocks(readme, 'text')
  const [, name = '', , target = '', address = '', ttl = ''] =
    /^(\S+) -> ((\S+):\d+) -> (\S+)  TTL (\d+) s/.exec(shown) ?? []
  await using server = await startDnsServer({ udp: true }, query =>
    respond(query, query.type === 'A' ? { answers: [`${target}. ${ttl} IN A ${address}`] } : {}),
  )
  const upstream = server.upstream('udp')
  const env = { KAFKA_SPLIT_DNS_MAP: pasted[0] ?? '', KAFKA_SPLIT_DNS_NAMESERVERS: upstream.label }
  t.equal((await runMain(['explain', name], { env })).stdout, shown)
})
