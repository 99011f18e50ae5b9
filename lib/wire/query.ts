import { loadDnsPacket } from '../packages.js'
import { checkName } from './name.js'

/** What a server is asked: one name and type, of class IN. */
export interface Question {
  /** An absolute host name that `checkName` accepts, without trailing dot, in lower case. */
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

/** RFC 9715 section 3: 1,232 octets reach nearly everyone in one piece (IPv6's least MTU less the headers). */
const UDP_PAYLOAD_OCTETS = 1232

export interface QueryOptions {
  /** 0 to 65535. */
  readonly id: number
  /** True: an OPT record is added. */
  readonly edns: boolean
}

/** The query for the question, recursion desired. Throws WireError where the name can't go on the wire. */
export function encodeQuery({ name, type }: Question, { id, edns }: QueryOptions): Buffer {
  const questions = [{ name: checkName(name), type, class: 'IN' as const }]
  const dnsPacket = loadDnsPacket()
  return dnsPacket.encode({
    type: 'query',
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions,
    additionals: edns ? [optRecord()] : [],
  })
}

const optRecord = () => ({
  type: 'OPT' as const,
  name: '.',
  udpPayloadSize: UDP_PAYLOAD_OCTETS,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
})
