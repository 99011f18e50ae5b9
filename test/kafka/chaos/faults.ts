import { fetchMetadata } from '../metadata.js'
import { sleep, waitUntil } from '../wait.js'
import type { Endpoint } from './endpoint.js'
import { ttl } from './nameserver.js'
import type { World } from './world.js'

/** One thing that goes wrong. */
export interface Fault {
  readonly name: string
  /** When the clients are to go on: when it is over (`end`), or already while it lasts, from its beginning. */
  readonly recoversFrom: 'begin' | 'end'
  /** `own`: it harms brokers. `long`: it takes minutes. Both are for the soak alone. */
  readonly needs?: 'own' | 'long'
  begin(world: World): Promise<void>
  /** It is over. */
  end(world: World): Promise<void>
  /** What it has moved is where it was; the clients follow. */
  restore?(world: World): Promise<void>
}

/** What was known is not fresh any more. */
const expire = () => sleep(ttl * 1_000 + 200)

const pick = (endpoints: readonly Endpoint[], zone: number): Endpoint => {
  const endpoint = endpoints[zone - 1]
  if (endpoint === undefined) throw new RangeError(`no zone ${zone}`)
  return endpoint
}

/** The endpoint of the zone is at its spare address, and so its name says; its old address becomes the mode. */
async function move(world: World, zone: number, old: () => Promise<void>): Promise<void> {
  await pick(world.spares, zone).become('relay')
  world.point(zone, pick(world.spares, zone))
  await old()
}

async function moveBack(world: World, zone: number): Promise<void> {
  await pick(world.endpoints, zone).become('relay')
  world.point(zone, pick(world.endpoints, zone))
  await pick(world.spares, zone).become('refuse')
}

const zone = 2
const endpointIs = (name: string, mode: 'wrongName' | 'mute' | 'refuse'): Fault => ({
  name,
  recoversFrom: 'end',
  begin: world => pick(world.endpoints, zone).become(mode),
  end: world => pick(world.endpoints, zone).become('relay'),
})

const nameserverFaults: readonly Fault[] = [
  {
    name: 'nameserver silent, all connections cut',
    recoversFrom: 'begin',
    begin: async world => {
      world.nameserver.mode = 'silent'
      await expire()
      world.cut()
    },
    end: async world => {
      world.nameserver.mode = 'answer'
    },
  },
  {
    name: 'nameserver lying, all connections cut',
    recoversFrom: 'end',
    begin: async world => {
      world.nameserver.mode = 'lie'
      await expire()
      world.cut()
    },
    end: async world => {
      world.nameserver.mode = 'answer'
    },
  },
  {
    name: 'nameserver gone, all connections cut',
    recoversFrom: 'begin',
    begin: async world => {
      await world.nameserver.close()
      await expire()
      world.cut()
    },
    end: world => world.nameserver.open(),
  },
  {
    name: 'nameserver back after an endpoint has moved',
    recoversFrom: 'end',
    begin: async world => {
      await world.nameserver.close()
      await move(world, zone, () => pick(world.endpoints, zone).become('refuse'))
    },
    end: world => world.nameserver.open(),
    restore: world => moveBack(world, zone),
  },
]

const endpointFaults: readonly Fault[] = [
  {
    name: 'endpoint moved, the old one refuses',
    recoversFrom: 'begin',
    begin: world => move(world, zone, () => pick(world.endpoints, zone).become('refuse')),
    end: world => moveBack(world, zone),
  },
  {
    name: 'endpoint moved, the old one is a black hole',
    recoversFrom: 'begin',
    begin: world => move(world, zone, () => pick(world.endpoints, zone).become('blackHole')),
    end: world => moveBack(world, zone),
  },
  {
    name: 'endpoint moved, the old one falls silent with its connections open',
    recoversFrom: 'begin',
    needs: 'long',
    begin: world => move(world, zone, () => pick(world.endpoints, zone).become('blackHole', { cutFirst: false })),
    end: world => moveBack(world, zone),
  },
  {
    name: "the own zone's endpoint of three is dead",
    recoversFrom: 'begin',
    begin: async world => {
      await world.reloaded('reloads', () => world.writeMap('zoned'))
      world.cut()
      await world.traffic.flows()
      await pick(world.endpoints, 1).become('refuse')
    },
    end: async world => {
      await pick(world.endpoints, 1).become('relay')
      await world.reloaded('reloads', () => world.writeMap('base'))
    },
  },
  endpointIs("the endpoint's certificate has another name", 'wrongName'),
  endpointIs('the endpoint accepts and never answers', 'mute'),
]

const mapFaults: readonly Fault[] = [
  {
    name: 'map replaced by a broken one, all connections cut',
    recoversFrom: 'begin',
    begin: async world => {
      await world.reloaded('failedReloads', () => world.writeMap({ text: 'rules: [ {{{' }))
      world.cut()
    },
    end: world => world.reloaded('failedReloads', () => world.writeMap({ text: 'rules:\n  - match: "*.a.*"\n' })),
  },
  {
    name: 'map replaced by a good one that leads elsewhere',
    recoversFrom: 'begin',
    begin: async world => {
      await Promise.all(world.spares.map(spare => spare.become('relay')))
      await world.reloaded('reloads', () => world.writeMap('spare'))
      world.mark()
      const left = () => world.endpoints.reduce((sum, endpoint) => sum + endpoint.connections, 0)
      await waitUntil('connections to move', () => (left() === 0 ? undefined : `${left()} are left`), 60_000)
      await Promise.all(world.endpoints.map(endpoint => endpoint.become('refuse')))
    },
    end: async world => {
      await Promise.all(world.endpoints.map(endpoint => endpoint.become('relay')))
      await world.reloaded('reloads', () => world.writeMap('base'))
      await Promise.all(world.spares.map(spare => spare.become('refuse')))
    },
  },
  {
    name: "map's URL answers 500, then garbage, all connections cut",
    recoversFrom: 'begin',
    begin: async world => {
      for (const mode of ['error', 'garbage'] as const) {
        await world.reloaded('failedReloads', () => (world.mapServer.mode = mode))
        world.cut()
      }
    },
    end: async world => {
      world.mapServer.mode = 'map'
    },
  },
]

const brokerFaults: readonly Fault[] = [
  {
    name: 'broker killed and restarted',
    recoversFrom: 'begin',
    needs: 'own',
    begin: async ({ cluster }) => cluster?.killBroker(2),
    end: async ({ cluster }) => {
      await cluster?.restartBroker(2)
      await cluster?.waitForInSync()
    },
  },
  {
    name: 'broker added, another decommissioned',
    recoversFrom: 'begin',
    needs: 'own',
    begin: async world => {
      const { cluster, view } = world
      if (cluster === undefined) return
      const ids = view.brokers.map(({ id }) => id)
      const leaving = Math.max(...ids)
      const { id: joining } = await cluster.addBroker()
      await reassign(world, leaving, joining)
      await cluster.removeBroker(leaving)
    },
    end: async () => {},
  },
]

/** Every replica that the one broker holds is the other's. */
async function reassign({ view, kafka, cluster }: World, leaving: number, joining: number): Promise<void> {
  const [first] = view.brokers
  if (first === undefined) return
  const { topics } = await fetchMetadata(first.host, first.ports.plaintext, { topics: true })
  const reassignments = topics.map(({ name, partitions }) => ({
    topic: name,
    partitionAssignment: partitions.map(({ partition, replicas }) => ({
      partition,
      replicas: replicas.map(id => (id === leaving ? joining : id)),
    })),
  }))
  const admin = kafka.admin()
  await admin.connect()
  await admin.alterPartitionReassignments({ topics: reassignments })
  await waitUntil('the reassignment', async () => {
    const { topics: under } = await admin.listPartitionReassignments({})
    return under.length === 0 ? undefined : `${under.length} topics are under way`
  })
  await admin.disconnect()
  await cluster?.waitForInSync()
}

export const faults: readonly Fault[] = [...nameserverFaults, ...endpointFaults, ...mapFaults, ...brokerFaults]
