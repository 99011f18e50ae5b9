import t from 'tap'
import { nearest } from '../../../src/text/nearest.js'

const keys = ['match', 'to', 'nameservers', 'allow', 'fallback']
const cases: readonly { name: string; known: readonly string[]; best: string | undefined }[] = [
  { name: 'mtach', known: keys, best: 'match' },
  { name: 'too', known: keys, best: 'to' },
  { name: 'TO', known: keys, best: 'to' },
  { name: 'nameserver', known: keys, best: 'nameservers' },
  { name: 'x', known: keys, best: undefined },
  { name: 'owner', known: keys, best: undefined },
  { name: 'match', known: ['match'], best: undefined },
  { name: 'NAMESPACE', known: ['NAMESPACE', 'NAMESPACES'], best: 'NAMESPACES' },
  { name: 'LONG_COMMON_PREFIX_RULE', known: ['LONG_COMMON_PREFIX_ZONE', 'LONG_COMMON_PREFIX_FILE'], best: undefined },
  { name: 'LONG_COMMON_PREFIX_ZNOE', known: ['LONG_COMMON_PREFIX_ZONE'], best: 'LONG_COMMON_PREFIX_ZONE' },
  { name: '--mapfile', known: ['--map-file', '--map-url', '--zone'], best: '--map-file' },
  { name: 'a'.repeat(65), known: ['a'.repeat(64)], best: undefined },
]
for (const { name, known, best } of cases) {
  t.test(`of ${known.join(', ')} ${best ?? 'none'} is meant by ${name}`, async t => t.equal(nearest(name, known), best))
}
