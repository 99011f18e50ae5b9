import t from 'tap'
import { prove, skippable } from './prove.js'
import { coredns } from './servers.js'

const { title, skip } = skippable('CoreDNS answers by the exported block as the library resolves', coredns.program)

t.test(title, { skip }, async t => {
  await prove(t, { format: 'coredns', server: coredns.server }, { seed: 7, count: 40 })
})
