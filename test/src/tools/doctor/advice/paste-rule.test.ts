import t from 'tap'
import { commonDomain, pasteRule } from '../../../../../src/tools/doctor/advice/paste-rule.js'

const cases: { host: string; endpoint?: string; isMapFile?: true; domain?: string; rule: string[] }[] = [
  { host: 'b1.kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.kafka.example=ENDPOINT'"] },
  { host: 'b1.kafka.example', endpoint: 'vpce.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.kafka.example=vpce.example'"] },
  { host: 'b1.kafka.example', isMapFile: true, rule: ['- match: "*.kafka.example"', '  to: ENDPOINT'] },
  // '*.example' would route everybody's names.
  { host: 'kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='kafka.example=ENDPOINT'"] },
  { host: 'b1.az1.kafka.example', domain: 'kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.kafka.example=ENDPOINT'"] },
  { host: 'b1.other.example', domain: 'kafka.example', rule: ["KAFKA_SPLIT_DNS_MAP='*.other.example=ENDPOINT'"] },
  { host: 'broker', rule: ["KAFKA_SPLIT_DNS_MAP='broker=ENDPOINT'"] },
  { host: '192.0.2.1', rule: ["KAFKA_SPLIT_DNS_MAP='192.0.2.1=ENDPOINT'"] },
]
for (const { host, endpoint = null, isMapFile = false, domain = null, rule } of cases) {
  t.test(`the rule to paste for ${host} is ${rule.join(' ')}`, async t => {
    t.same(pasteRule(host, { endpoint, isMapFile, domain }), rule)
  })
}

const domains: { hosts: string[]; domain: string | null }[] = [
  { hosts: ['b1.kafka.example', 'b2.kafka.example'], domain: 'kafka.example' },
  { hosts: ['b1.az1.kafka.example', 'b2.az2.kafka.example'], domain: 'kafka.example' },
  { hosts: ['b1.kafka.example', 'b1.az1.kafka.example'], domain: 'kafka.example' },
  { hosts: ['b1.kafka.example', 'kafka.example'], domain: null },
  { hosts: ['b1.kafka.example', 'b1.other.example'], domain: null },
  { hosts: ['broker'], domain: null },
  { hosts: [], domain: null },
]
for (const { hosts, domain } of domains) {
  t.test(`${hosts.join(' and ') || 'no host'} end in ${domain ?? 'nothing that one rule may take'}`, async t => {
    t.equal(commonDomain(hosts), domain)
  })
}
