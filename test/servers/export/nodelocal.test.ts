import t from 'tap'
import { isFullRun } from '../../full-run.js'
import { prove, skippable, type Proof } from './prove.js'
import { nodelocalDns } from './servers.js'

const { title, skip } = skippable(
  'NodeLocal DNS answers by the exported block as the library resolves',
  nodelocalDns.program,
)

const proof: Proof = {
  format: 'nodelocal',
  server: nodelocalDns.server,
  askedAs: name => `${name}.team-a.svc.cluster.local`,
  // A name that is passed on has no answer with a suffix: the client asks for it as it is, next.
  isHidden: () => true,
  never: 'refused',
}

t.test(title, { skip }, async t => {
  await prove(t, proof, isFullRun ? { seed: 8, count: 40 } : { seed: 1, count: 8 })
})
