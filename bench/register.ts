// What the hook of kafka-split-dns/register costs a connect that no rule matches: the call of
// `net.Socket.prototype.connect` with the hook less the call without it, where Node's own does nothing, so that nothing
// but the hook is measured. (Whole connects on loopback take 100 us, and differ by more than that from run to run.)
//   npx tsx bench/register.ts
import net from 'node:net'
import { hookSockets } from '../src/register/hook.js'
import { createReroute } from '../src/connect/reroute.js'
import { createSplitDns, contextOf } from '../src/split-dns.js'

const rounds = 15
const calls = 200_000
const map = Array.from({ length: 100 }, (_, i) => `*.c${i}.kafka.example=vpce-${i}.example`).join(', ')

const splitDns = createSplitDns({ map })
const hook = () => hookSockets(createReroute(contextOf(splitDns)), splitDns).unhook
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

type Connect = (this: net.Socket, ...args: unknown[]) => unknown
const connectOf = () => Reflect.get(net.Socket.prototype, 'connect') as Connect

/** Node's own array form, as `net.connect` makes it. */
function normalized(options: net.NetConnectOpts): unknown[] {
  const own = connectOf()
  let args: unknown[] = []
  Object.assign(net.Socket.prototype, {
    connect(...all: unknown[]) {
      args = all
      return this
    },
  })
  net.connect(options, () => undefined)
  Object.assign(net.Socket.prototype, { connect: own })
  return args
}

function nanosecondsPerCall(args: readonly unknown[]): number {
  const connect = connectOf()
  const socket = new net.Socket()
  const start = performance.now()
  for (let index = 0; index < calls; index++) connect.apply(socket, [...args])
  return ((performance.now() - start) * 1e6) / calls
}

function benchCalls(): void {
  const forms: readonly [string, readonly unknown[]][] = [
    ['net.connect (array)', normalized({ host: 'db.other.example', port: 5432 })],
    ['options', [{ host: 'db.other.example', port: 5432 }, () => undefined]],
    ['positional', [5432, 'db.other.example', () => undefined]],
    ['an address', [{ host: '192.0.2.1', port: 443 }]],
    ['a pipe', [{ path: '/run/db.sock' }]],
  ]
  const own = connectOf()
  Object.assign(net.Socket.prototype, { connect: (): undefined => undefined })
  for (const [form, args] of forms) {
    const costs: number[] = []
    for (let round = -3; round < rounds; round++) {
      const bare = nanosecondsPerCall(args)
      const unhook = hook()
      const hooked = nanosecondsPerCall(args)
      unhook()
      if (round >= 0) costs.push(hooked - bare)
    }
    console.log(`an unmatched connect, ${form}: ${median(costs).toFixed(0)} ns (median of ${rounds})`)
  }
  Object.assign(net.Socket.prototype, { connect: own })
}

benchCalls()
await splitDns.close()
