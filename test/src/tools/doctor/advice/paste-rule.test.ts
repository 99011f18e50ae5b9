import t from 'tap'
import { pasteRule } from '../../../../../src/tools/doctor/advice/paste-rule.js'

const cases: { host: string; endpoint?: string; isMapFile?: true; rule: string[] }[] = [
  { host: 'b1.kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.kafka.example=ENDPOINT'"] },
  { host: 'b1.kafka.example', endpoint: 'vpce.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.kafka.example=vpce.example'"] },
  { host: 'b1.kafka.example', isMapFile: true, rule: ['- match: "*.kafka.example"', '  to: ENDPOINT'] },
  // '*.example' would route everybody's names.
  { host: 'kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='kafka.example=ENDPOINT'"] },
  { host: 'broker', rule: ["KAFKA_SPLIT_DNS_MAP='broker=ENDPOINT'"] },
  { host: '192.0.2.1', rule: ["KAFKA_SPLIT_DNS_MAP='192.0.2.1=ENDPOINT'"] },
]
for (const { host, endpoint = null, isMapFile = false, rule } of cases) {
  t.test(`the rule to paste for ${host} is ${rule.join(' ')}`, async t => {
    t.same(pasteRule(host, { endpoint, isMapFile }), rule)
  })
}
