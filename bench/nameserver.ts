import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { moduleFile } from '../test/project.js'

/** The nameserver of the measurements, in a process of its own: it shares no event loop with what is measured. */
export interface Nameserver extends AsyncDisposable {
  readonly port: number
  /** How many queries came since the last call. */
  queries(): Promise<number>
}

/** Every name has this address, and none of IPv6. */
export async function startNameserver(address = '192.0.2.1'): Promise<Nameserver> {
  const child = fork(moduleFile('bench/dns-server'), [address])
  const port = Number(await message(child))
  return {
    port,
    queries: async () => {
      child.send('count')
      return Number(await message(child))
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function message(from: ChildProcess): Promise<unknown> {
  const [first] = (await once(from, 'message')) as unknown[]
  return first
}
