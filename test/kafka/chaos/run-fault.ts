import { sleep } from '../wait.js'
import type { Fault } from './faults.js'
import type { Tally } from './traffic.js'
import type { World } from './world.js'

export interface Row extends Tally {
  readonly fault: string
  /** From the fault's end (`end`) or from its beginning, the move (`begin`), until each partition is sent to again. */
  readonly recoveryMs: number
  readonly recoversFrom: Fault['recoversFrom']
}

/** Does the fault to the world for so long, and tells what became of the messages. Afterwards all is as it was. */
export async function runFault(world: World, fault: Fault, forMs: number): Promise<Row> {
  const { traffic } = world
  traffic.begin()
  const isFromBegin = fault.recoversFrom === 'begin'
  await fault.begin(world)
  const begunAtMs = world.takeMark() ?? performance.now()
  let recoveryMs = isFromBegin ? await traffic.flows(begunAtMs) : 0
  await sleep(Math.max(0, forMs - (performance.now() - begunAtMs)))
  await fault.end(world)
  const endedAtMs = performance.now()
  const afterEndMs = await traffic.flows(endedAtMs)
  if (!isFromBegin) recoveryMs = afterEndMs
  await fault.restore?.(world)
  await traffic.flows()
  return { fault: fault.name, ...(await traffic.finish()), recoveryMs, recoversFrom: fault.recoversFrom }
}
