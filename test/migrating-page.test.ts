import t from 'tap'
import { SplitDns } from '../src/split-dns.js'
import { readDocument } from './documents.js'

const page = readDocument('docs/migrating.md')

// Each map is followed by what becomes of names.
const examples = [...page.matchAll(/^```yaml\n(# map\n[\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm)]

t.test('there is a map for each way', async t => t.equal(examples.length, page.match(/^## From /gm)?.length))

for (const [, yaml = '', answers = ''] of examples) {
  t.test(`a migrated map leads as the page says: ${answers.split('\n', 1)[0] ?? ''}`, async t => {
    const path = `${t.testdir({ 'map.yaml': yaml })}/map.yaml`
    await using splitDns = new SplitDns({}, { KAFKA_SPLIT_DNS_MAP_FILE: path })
    await using off = new SplitDns({}, { KAFKA_SPLIT_DNS_MAP_FILE: path, KAFKA_SPLIT_DNS_DISABLE: '1' })
    for (const line of answers.trim().split('\n')) {
      const [asked = '', answer = ''] = line.split(' -> ')
      const { hostname, port } = new URL(`kafka://${asked}`)
      const { targets } = splitDns.route(hostname, Number(port))
      t.equal(targets.map(target => `${target.host}:${target.port ?? ''}`).join(), answer, line)
      t.equal(off.route(hostname, Number(port)).action, 'system', `${line}, switched off`)
    }
  })
}
