import t from 'tap'
import { isFullRun } from '../../full-run.js'
import { prove, skippable } from './prove.js'
import { hostedZone } from './servers.js'

// BIND, with the records in an authoritative zone as Route 53 has it, and all other names passed on.
const zone = 'kafka.test'
const { title, skip } = skippable(
  'a zone with the exported records answers as the library resolves',
  hostedZone.program,
)

t.test(title, { skip }, async t => {
  const isHidden = (name: string) => name === zone || name.endsWith(`.${zone}`)
  const proof = { format: 'route53', flags: ['--hosted-zone', zone], isHidden, refusesByNodata: true }
  const server = hostedZone.server(zone)
  await prove(
    t,
    { ...proof, server, nothing: /the map has no names in the zone/ },
    isFullRun ? { seed: 4, count: 40 } : { seed: 1, count: 12 },
  )
})
