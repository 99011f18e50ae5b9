import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ClusterView, Protocol } from '../shape.js'
import type { Pod } from './pod.js'

export const partitionCount = 3

/** What a client prints at its end: the numbers that it received, by partition, in their order. */
interface Outcome {
  readonly sent: number
  readonly received: Readonly<Record<string, readonly number[]>>
}

/** The variables of a client that is to use the topic. */
export async function clientVariables(
  pod: Pod,
  kafka: ClusterView,
  topic: string,
  protocol: Protocol,
): Promise<NodeJS.ProcessEnv> {
  const ca = join(pod.folder, 'ca.pem')
  await writeFile(ca, kafka.ca)
  return {
    BOOTSTRAP: kafka.bootstrap[protocol],
    TOPIC: topic,
    PROTOCOL: protocol,
    ...(protocol === 'plaintext' ? {} : { CA: ca }),
    ...(protocol === 'sasl_ssl' ? { USERNAME: kafka.user.username, PASSWORD: kafka.user.password } : {}),
  }
}

/** The last line that a client printed: how many messages it sent, and whether each came once, in order. */
export function judge(line: string): { readonly sent: number; readonly isComplete: boolean } {
  // The client wrote it: anything else is not equal to what is expected.
  const outcome = JSON.parse(line) as Outcome
  return { sent: outcome.sent, isComplete: isDeepStrictEqual(outcome, expected(outcome.sent)) }
}

/** Each number once, in order, in its partition. */
function expected(sent: number): Outcome {
  const numbers = Array.from({ length: sent }, (_, i) => i)
  const partitions = Array.from({ length: partitionCount }, (_, p) => p)
  return { sent, received: Object.fromEntries(partitions.map(p => [p, numbers.filter(n => n % partitionCount === p)])) }
}
