import { test } from 'tap'
import { clientOf } from '../../src/wire/table.ts'

const table: [string | undefined, string][] = [
  [undefined, ''],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:0DB8:0000:0001::9', '2001:db8:0:1::/64'],
  ['2001:db8:0:2::9', '2001:db8:0:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
  // as proxies forward them
  ['192.0.2.7:8080', '192.0.2.7'],
  [' 192.0.2.7', '192.0.2.7'],
  ['192.000.002.007', '192.0.2.7'],
  ['8.8.8.008:53', '8.8.8.8'],
  ['[2001:db8:0:1::9]:443', '2001:db8:0:1::/64'],
  ['[2001:db8:0:1::9]', '2001:db8:0:1::/64'],
  ['[::ffff:192.0.2.7]:1', '192.0.2.7'],
  ['unknown', ''],
  ['_hidden', ''],
  ['', ''],
]

test('the client that an address stands for', async (t) => {
  for (const [address, client] of table) t.equal(clientOf(address), client, String(address))
})
