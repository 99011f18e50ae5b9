import t from 'tap'
import { describeListenError } from '../../../src/serve/server/listen-error.js'

const table: readonly [string, number, RegExp][] = [
  ['EACCES', 53, /^no right to listen on 127\.0\.0\.1:53: set the sysctl net\.ipv4\.ip_unprivileged_port_start to 53 /],
  ['EACCES', 443, /_port_start to 443 .*, add the capability NET_BIND_SERVICE, or choose another port$/],
  ['EADDRINUSE', 53, /^127\.0\.0\.1:53 is in use: another process listens there, /],
  ['EADDRNOTAVAIL', 53, /^can't listen on 127\.0\.0\.1:53: listen EADDRNOTAVAIL$/],
]

for (const [code, port, expected] of table) {
  t.test(`${code} at port ${port}`, async t => {
    const error = Object.assign(new Error(`listen ${code}`), { code })
    t.match(describeListenError(error, '127.0.0.1', port), expected)
  })
}
