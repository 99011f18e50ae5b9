import t from 'tap'
import { table } from '../helpers.js'

const map = table(
  '*.kafka.example=a, b0.port.example:9098=a, *.{z}.wide.example=a, *.w.example:9092=a, 192.0.2.1:9098=a, x.y.example=a',
)

const cases: readonly { host: string; port?: number; near: RegExp | undefined }[] = [
  {
    host: 'kafka.example',
    near: /^'\*\.kafka\.example' \(KAFKA_SPLIT_DNS_MAP rule 1\): '\*' does not cover kafka\.example itself$/,
  },
  { host: 'b0.port.example', near: /^'b0\.port\.example:9098' .* for port 9098, no port was asked for$/ },
  { host: 'b0.port.example', port: 9092, near: /for port 9098, the port asked for is 9092$/ },
  { host: '192.0.2.1', port: 9092, near: /for port 9098, the port asked for is 9092$/ },
  { host: 'a.wide.example', near: /'\*' does not cover a\.wide\.example itself/ },
  { host: 'w.example', port: 9092, near: /'\*' does not cover w\.example itself/ },
  { host: 'y.example', near: undefined },
  { host: 'other.example', near: undefined },
  { host: '192.0.2.2', near: undefined },
  { host: 'no name', near: undefined },
]
for (const { host, port, near } of cases) {
  t.test(
    `${near === undefined ? 'no' : 'a'} rule nearly matches ${host}${port === undefined ? '' : `:${port}`}`,
    async t => {
      t.equal(map.decide(host, port).route.rule, null)
      if (near === undefined) t.equal(map.nearMatch(host, port), undefined)
      else t.match(map.nearMatch(host, port), near)
    },
  )
}
