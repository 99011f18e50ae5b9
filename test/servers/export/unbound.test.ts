import t from 'tap'
import { isFullRun } from '../../full-run.js'
import { prove, skippable } from './prove.js'
import { policyNamed, policyUnbound } from './servers.js'

const unbound = skippable('unbound answers by the exported policy as the library resolves', policyUnbound.program)

t.test(unbound.title, { skip: unbound.skip }, async t => {
  await prove(
    t,
    { format: 'unbound', server: policyUnbound.server },
    isFullRun ? { seed: 1, count: 40 } : { seed: 1, count: 8 },
  )
})

const bind = skippable('BIND answers by the exported policy as the library resolves', policyNamed.program)

t.test(bind.title, { skip: bind.skip }, async t => {
  await prove(
    t,
    { format: 'unbound', server: policyNamed.server },
    isFullRun ? { seed: 5, count: 40 } : { seed: 1, count: 8 },
  )
})
