import t from 'tap'
import { canBeLookedUp } from '../../../src/connect/lookup-name.js'

const names = ['a', 'b0.kafka.example', 'b0.kafka.example.', '_kafka._tcp.example', 'b-0_x.example', 'bücher.example']
const longest = `${'a.'.repeat(126)}a`
for (const name of [...names, 'x'.repeat(63), longest, `${longest}.`]) {
  t.test(`'${name.slice(0, 30)}' is one`, async t => t.ok(canBeLookedUp(name)))
}

const others = ['', '.', '..', 'a..b', '.a', 'a..', ' a', 'a b', 'a\tb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u00a0b']
for (const name of [...others, 'x'.repeat(64), `${longest}b`, 'ü'.repeat(32)]) {
  t.test(`${JSON.stringify(name.slice(0, 30))} is none`, async t => t.notOk(canBeLookedUp(name)))
}
