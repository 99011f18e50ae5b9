import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diagnose } from '../../../../../src/tools/doctor/diagnose.js'
import type { Probe } from '../../../../../src/tools/doctor/types.js'
import { diagnosisText, metadataLine, stepLines } from '../../../../../src/tools/cli/doctor/doctor-text.js'
import { styleFor } from '../../../../../src/tools/cli/terminal/style.js'
import { projectFolder } from '../../../../project.js'
import { connection, explanation, probe } from '../../doctor/fixtures/probes.js'

const clusterId = 'QP2x5lyT6ZazwhNWhPWHiA'
const plain = styleFor({ write: () => undefined }, {})
const columns = 100

interface World {
  readonly isTls: boolean
  readonly bootstrap: Probe
  readonly brokers: readonly Probe[]
  readonly rules: number
}

/** What the doctor prints at a terminal of 100 columns when it finds these. */
async function printed({ isTls, bootstrap, brokers, rules }: World): Promise<string> {
  const listed = brokers.map(({ nodeId, host, port, rack }) => ({ nodeId: nodeId ?? 0, host, port, rack }))
  const metadata = { clusterId, controllerId: 1, brokers: listed }
  const found = (nodeId: number | null) => brokers.find(broker => broker.nodeId === nodeId) ?? bootstrap
  const diagnosis = await diagnose(
    ({ role, nodeId }) => Promise.resolve({ probe: found(nodeId), metadata: role === 'bootstrap' ? metadata : null }),
    {
      ...{ bootstrap: [bootstrap], mapOrigins: ['map.yaml'], connection: connection({ ssl: isTls }) },
      map: { rules, hasSettings: true, isMapFile: true, nothingInForce: null, tables: [], zone: null },
      versions: { 'kafka-split-dns': '0.1.0', kafkajs: '2.2.4', node: 'v24.1.0' },
    },
  )
  const shown = { ...diagnosis, hostname: 'orders-7c9d', at: '2026-01-01T00:00:00.000Z' }
  return (
    stepLines(bootstrap, connection({ ssl: isTls }), plain, columns) +
    metadataLine(metadata) +
    diagnosisText(shown, { prose: columns, table: columns }, plain)
  )
}

const target = (host: string) => [{ host, port: 9092, zone: null, written: host }]

const block = (page: string, from: string) => {
  const text = readFileSync(join(projectFolder, page), 'utf8')
  const start = text.indexOf(from)
  return text.slice(start, text.indexOf('```', start))
}

t.test('the README shows what the doctor prints', async t => {
  const certificate = {
    ...{ names: ['*.kafka.example'], issuer: 'CA', validTo: '2027-06-01T00:00:00.000Z', expiresInDays: 500 },
  }
  const at = (endpoint: string, address: string) => ({
    explanation: explanation({
      targets: target(endpoint),
      addresses: [{ address, family: 4, port: 9092, target: endpoint }],
    }),
    ...{ address, addressPort: 9092, dnsMs: 3, tcpMs: 2, tlsMs: 9, kafkaMs: 4, certificate },
  })
  const shared = at('vpce-0abc.vpce.example', '10.0.0.7')
  const broker = (nodeId: number, rack: string, changes: Partial<Probe>) =>
    probe({ nodeId, rack, host: `b${nodeId}.kafka.example`, ...changes })
  const refused = { code: 'ECONNREFUSED', message: 'refused' }
  const text = await printed({
    isTls: true,
    bootstrap: probe({ ...shared, role: 'bootstrap', nodeId: null, host: 'bootstrap.kafka.example', identity: null }),
    brokers: [
      broker(1, 'use1-az1', shared),
      broker(2, 'use1-az2', shared),
      broker(3, 'use1-az4', {
        ...at('vpce-9.vpce.example', '10.0.0.9'),
        ...{ failedStep: 'tcp', error: refused, tcpMs: null, tlsMs: null, certificate: null, identity: null },
      }),
    ],
    rules: 2,
  })
  const shown = block('README.md', 'bootstrap bootstrap.kafka.example:9092\n')
  t.ok(shown.length > 500)
  // The README ends with the verdict.
  t.equal(text.slice(0, shown.length), shown)
  t.match(text.slice(shown.length), /^ssl, 2 rules in force/)
})

t.test('docs/cli.md shows what the doctor prints', async t => {
  const at = (endpoint: string, address: string, match = 'b{n:int}.kafka.example') => ({
    explanation: explanation({
      rule: { match, index: 0, origin: 'map.yaml', place: 'map.yaml:2' },
      targets: target(endpoint),
      addresses: [{ address, family: 4, port: 9092, target: endpoint }],
    }),
    ...{ address, addressPort: 9092, dnsMs: 3, tlsMs: null, kafkaMs: 4, certificate: null },
  })
  const broker = (nodeId: number, rack: string, changes: Partial<Probe>) =>
    probe({ nodeId, rack, host: `b${nodeId}.kafka.example`, ...changes })
  const silent = { code: 'ETIMEDOUT', message: 'Connection timeout' }
  const text = await printed({
    isTls: false,
    bootstrap: probe({
      ...at('vpce.example', '10.20.0.1', '*.kafka.example'),
      ...{ role: 'bootstrap', nodeId: null, host: 'bootstrap.kafka.example', identity: null, tcpMs: 11 },
    }),
    brokers: [
      broker(1, 'use1-az1', { ...at('vpce-1.example', '10.20.0.1'), tcpMs: 11 }),
      broker(2, 'use1-az2', { ...at('vpce-2.example', '10.20.0.2'), tcpMs: 12 }),
      broker(3, 'use1-az4', {
        ...at('vpce-3.example', '10.20.0.9'),
        ...{ failedStep: 'tcp', error: silent, tcpMs: null, identity: null },
      }),
    ],
    rules: 4,
  })
  t.equal(text, block('docs/cli.md', 'bootstrap bootstrap.kafka.example:9092\n'))
})
