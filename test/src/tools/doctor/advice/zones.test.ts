import t from 'tap'
import { zoneOf } from '../../../../../src/tools/doctor/advice/zones.js'

const cases: { host: string; words?: string[]; zone: string | undefined }[] = [
  { host: 'e-00ac.use1-az4.dom1.us-east-1.aws.confluent.example', zone: 'use1-az4' },
  { host: 'e-0cb9-usw2-az1-fak1e.us-west-2.aws.glb.confluent.example', zone: 'usw2-az1' },
  { host: 'e-0013-az3-fak2e.centralus.azure.glb.confluent.example', zone: 'az3' },
  { host: 'e-0012.us-central1-a.dom3.us-central1.gcp.confluent.example', zone: 'us-central1-a' },
  { host: 'vpce-0abc-xyz-us-east-1a.vpce-svc-1.us-east-1.vpce.example', zone: 'us-east-1a' },
  { host: 'b-1.cluster.fak5ee.c2.kafka.us-east-1.example', zone: undefined },
  { host: 'b1.rack-7.kafka.example', words: ['rack-7'], zone: 'rack-7' },
  { host: 'b1.rack-77.kafka.example', words: ['rack-7'], zone: undefined },
]

for (const { host, words = [], zone } of cases) {
  t.test(`${host} carries ${zone ?? 'no zone'}`, async t =>
    t.equal(zoneOf(host, { words: new Set(words), tables: [] }), zone),
  )
}
