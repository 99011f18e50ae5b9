import t from 'tap'
import { isFullRun } from '../../full-run.js'
import { prove, skippable } from './prove.js'
import { dnsmasq } from './servers.js'

const { title, skip } = skippable('dnsmasq answers by the exported lines as the library resolves', dnsmasq.program)

t.test(title, { skip }, async t => {
  // A name that others lie below exists for dnsmasq, whatever is said of it; and targets are resolved beforehand.
  const proof = { format: 'dnsmasq', server: dnsmasq.server, refusesByNodata: true, never: 'unresolvable' } as const
  await prove(t, proof, isFullRun ? { seed: 3, count: 40 } : { seed: 1, count: 8 })
})
