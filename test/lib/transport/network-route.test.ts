import t from 'tap'
import { hasNetworkRoute } from '../../../lib/transport/network-route.js'

t.test('loopback has a route, of both families', async t => {
  t.equal(await hasNetworkRoute({ address: '127.0.0.2', family: 4 }, 9092), true)
  t.equal(await hasNetworkRoute({ address: '::1', family: 6 }, 9092), true)
})

t.test('what the kernel refuses has none', async t => {
  t.equal(await hasNetworkRoute({ address: '127.0.0.2', family: 6 }, 9092), false, 'the wrong family')
  t.equal(await hasNetworkRoute({ address: '127.0.0.2', family: 4 }, 70_000), false, 'a port that is none')
})

const linux = process.platform === 'linux' ? {} : { skip: 'the kernel of Linux refuses a broadcast address' }
t.test('the broadcast address of loopback has none', linux, async t => {
  t.equal(await hasNetworkRoute({ address: '127.255.255.255', family: 4 }, 9092), false)
})
