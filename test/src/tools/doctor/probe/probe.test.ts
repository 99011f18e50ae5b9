import t from 'tap'
import net from 'node:net'
import { createProber, type Connector } from '../../../../../src/tools/doctor/probe/probe.js'
import type { Identity } from '../../../../../src/tools/doctor/types.js'
import { connection, explanation } from '../fixtures/probes.js'

const connector: Connector = { socketFactory: () => new net.Socket(), on: () => undefined }

/** A prober whose every broker answers so to the question for an id, and the ids that were asked for. */
function proberFor(answers: Readonly<Record<number, Identity>>) {
  const asked: number[] = []
  const makeBroker = () => ({
    connect: () => Promise.resolve(),
    metadata: () => Promise.resolve({ clusterId: null, controllerId: 1, brokers: [] }),
    disconnect: () => Promise.resolve(),
    identify: (id: number) => {
      asked.push(id)
      return Promise.resolve(answers[id] ?? 'wrong')
    },
  })
  const explain = () => Promise.resolve(explanation())
  const probeServer = createProber({ connector, explain, makeBroker, connection: connection(), now: () => 0 })
  return { probeServer, asked }
}

const broker = (nodeId: number | null) =>
  ({ role: 'broker', nodeId, rack: null, host: 'b.kafka.example', port: 9092 }) as const

const cases: {
  name: string
  answers: Readonly<Record<number, Identity>>
  identity: Identity
  answeredBy: number | null
  failedStep: 'identity' | null
  asked: number[]
}[] = [
  {
    name: 'a broker that gives the configuration of its own id is verified, and nobody else is asked for',
    answers: { 1: 'verified' },
    identity: 'verified',
    answeredBy: null,
    failedStep: null,
    asked: [1],
  },
  {
    name: 'a broker that refuses is another one, which is found among those that are listed',
    answers: { 1: 'wrong', 3: 'verified' },
    identity: 'wrong',
    answeredBy: 3,
    failedStep: 'identity',
    asked: [1, 1, 2, 3],
  },
  {
    name: 'another broker that is not listed is not named',
    answers: {},
    identity: 'wrong',
    answeredBy: null,
    failedStep: 'identity',
    asked: [1, 1, 2, 3],
  },
  {
    name: 'without the ACL it is not verified, and no fault',
    answers: { 1: 'unknown' },
    identity: 'unknown',
    answeredBy: null,
    failedStep: null,
    asked: [1],
  },
]

for (const { name, answers, identity, answeredBy, failedStep, asked } of cases) {
  t.test(name, async t => {
    const made = proberFor(answers)
    const { probe } = await made.probeServer(broker(1), [1, 2, 3])
    t.match(probe, { identity, answeredBy, failedStep })
    t.same(made.asked, asked)
  })
}

t.test('a cluster of many brokers is not asked for all of them', async t => {
  const { probeServer, asked } = proberFor({})
  await probeServer(
    broker(1),
    Array.from({ length: 5000 }, (_, id) => id),
  )
  t.ok(asked.length <= 101)
})

t.test('a bootstrap server is not asked who it is', async t => {
  const { probeServer, asked } = proberFor({})
  const { probe, metadata } = await probeServer({ ...broker(null), role: 'bootstrap' })
  t.match(probe, { identity: null, failedStep: null })
  t.ok(metadata)
  t.same(asked, [])
})
