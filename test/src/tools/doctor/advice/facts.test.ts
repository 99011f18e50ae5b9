import t from 'tap'
import { factsOf } from '../../../../../src/tools/doctor/advice/facts.js'
import type { Probe } from '../../../../../src/tools/doctor/types.js'
import { connection, explanation, probe } from '../fixtures/probes.js'

const map = {
  rules: 1,
  hasSettings: true,
  isMapFile: false,
  nothingInForce: null,
  tables: [],
  zone: null,
}

const at = (nodeId: number, host: string, address: string | null, changes: Partial<Probe> = {}) =>
  probe({
    nodeId,
    address,
    explanation: explanation({ targets: [{ host, port: 9092, zone: null, written: host }] }),
    ...changes,
  })
const unmapped = { explanation: explanation({ action: 'system', rule: null, targets: [] }) }

const cases: { name: string; isTls?: true; probes: Probe[]; sharing: Record<number, number[]> }[] = [
  { name: 'endpoints of their own', probes: [at(1, 'a.test', '10.0.0.1'), at(2, 'b.test', '10.0.0.2')], sharing: {} },
  {
    name: 'one name and port',
    probes: [at(1, 'a.test', '10.0.0.1'), at(2, 'a.test', '10.0.0.2'), at(3, 'c.test', '10.0.0.3')],
    sharing: { 1: [1, 2], 2: [1, 2] },
  },
  {
    name: 'two names of one address and port',
    probes: [at(1, 'a.test', '10.0.0.1'), at(2, 'b.test', '10.0.0.1')],
    sharing: { 1: [1, 2], 2: [1, 2] },
  },
  {
    name: 'one address, and a port each',
    probes: [at(1, 'a.test', '10.0.0.1'), at(2, 'b.test', '10.0.0.1', { addressPort: 9093 })],
    sharing: {},
  },
  {
    name: 'TLS, where the name that is sent chooses',
    isTls: true,
    probes: [at(1, 'a.test', '10.0.0.1'), at(2, 'a.test', '10.0.0.1')],
    sharing: {},
  },
  {
    name: 'the bootstrap server, which is one of the brokers',
    probes: [at(1, 'a.test', '10.0.0.1'), at(0, 'a.test', '10.0.0.1', { role: 'bootstrap', nodeId: null })],
    sharing: {},
  },
  {
    name: 'brokers that no rule leads',
    probes: [at(1, '', '10.0.0.1', unmapped), at(2, '', '10.0.0.1', unmapped)],
    sharing: {},
  },
]

for (const { name, isTls, probes, sharing } of cases) {
  t.test(`which brokers share an endpoint: ${name}`, async t =>
    t.same(Object.fromEntries(factsOf(map, connection({ ssl: isTls }), probes).sharing), sharing),
  )
}
