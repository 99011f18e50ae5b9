import { kafkaTest } from '../suite.js'
import { faults } from './faults.js'
import { runFault } from './run-fault.js'
import { World } from './world.js'

// Long enough for answers to expire and connections to be made anew. `npm run soak` takes minutes, and harms brokers
// too; what becomes of those here is in brokers.test.ts.
const forMs = 1_000

kafkaTest('zones', 'whatever goes wrong, every acknowledged message arrives, once', async (t, kafka) => {
  const world = await World.start(() => kafka, 'chaos')
  t.teardown(() => world.close())
  for (const fault of faults.filter(({ needs }) => needs === undefined)) {
    await t.test(fault.name, async t => {
      const row = await runFault(world, fault, forMs)
      t.comment(JSON.stringify(row))
      t.ok(row.acknowledged > 0)
      t.equal(row.lost, 0, `none of ${row.acknowledged} acknowledged messages is lost`)
      t.equal(row.duplicates, 0, 'none is twice in the log')
    })
  }
})
