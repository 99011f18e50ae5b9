import t from 'tap'
import { isFullRun } from '../../full-run.js'
import { prove, skippable } from './prove.js'
import { coredns } from './servers.js'

const { title, skip } = skippable('CoreDNS answers by the exported block as the library resolves', coredns.program)

t.test(title, { skip }, async t => {
  await prove(
    t,
    { format: 'coredns', server: coredns.server },
    isFullRun ? { seed: 7, count: 40 } : { seed: 1, count: 8 },
  )
})
