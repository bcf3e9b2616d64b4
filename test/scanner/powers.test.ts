// The table, and what it is for: every decimal becomes the double that Number(text) makes of it, to the last bit.
import t from 'tap'
import { LARGEST_POWER, SMALLEST_POWER } from '../../src/scanner/layout.ts'
import { powersOfFive } from '../../src/scanner/powers.ts'
import { generator, scan, write } from './support.ts'

const NUMBERS = Number(process.env.SCANNER_NUMBERS ?? 300_000)
const SEED = Number(process.env.SCANNER_SEED ?? 1)
const BATCH = 20_000

const random = generator(SEED)
const bits = new BigUint64Array(1)
const doubles = new Float64Array(bits.buffer)

function fromBits(value: bigint): number {
  bits[0] = value
  return doubles[0]
}

function bigBits(count: number): bigint {
  const value = (BigInt(random()) << 32n) | BigInt(random())
  return value >> BigInt(64 - count)
}

function anyDouble(): number {
  for (;;) {
    const value = fromBits(bigBits(64))
    if (Number.isFinite(value)) return value
  }
}

function digits(count: number): string {
  let text = ''
  while (text.length < count) text += String(random()).padStart(10, '0')
  return text.slice(0, count)
}

function sign(): string {
  return random(2) === 0 ? '-' : ''
}

function integer(count: number): string {
  return digits(count).replace(/^0+(?=.)/, '')
}

/** The exact decimal of mantissa * 2^exponent. */
function exactly(mantissa: bigint, exponent: number): string {
  if (exponent >= 0) return String(mantissa << BigInt(exponent))
  const text = String(mantissa * 5n ** BigInt(-exponent)).padStart(1 - exponent, '0')
  return `${text.slice(0, exponent)}.${text.slice(exponent)}`
}

/** Between two neighbours: the exact middle, the middle cut off, and a little more than it. */
function halfway(): string {
  const subnormal = random(8) === 0
  const exponent = subnormal ? -1075 : random(4) === 0 ? random(2046) - 1075 : random(140) - 110
  const mantissa = (subnormal ? bigBits(1 + random(52)) : bigBits(52) | (1n << 52n)) * 2n + 1n
  const text = exactly(mantissa, exponent)
  const dot = text.includes('.') ? '' : '.'
  switch (random(5)) {
    case 0:
      return `${text}${dot}${'0'.repeat(1 + random(20))}1`
    case 1:
      return `${text}${dot}0`
    case 2:
      return `${text.slice(0, -1)}${Math.max(0, Number(text.at(-1)) - 1)}${dot}${'9'.repeat(1 + random(20))}`
    case 3: {
      const length = 17 + random(8)
      const [whole, fraction = ''] = text.split('.')
      const shown = `${whole}${fraction}`.replace(/^0+/, '')
      return `${shown[0]}.${shown.slice(1, length)}0e${whole === '0' ? -fraction.search(/[1-9]/) - 1 : whole.length - 1}`
    }
    default:
      return text
  }
}

/** Decimals of at most 19 digits that lie as near to the middle of two doubles as one can get cheaply. */
function nearHalfway(): string {
  const value = Math.abs(anyDouble())
  const [mantissa, exponent] = value.toExponential(16).split('e')
  return `${mantissa}${5 - random(2)}${digits(1 + random(3))}e${Number(exponent) + random(3) - 1}`
}

/** A decimal below 1 of at most 19 digits, next to the middle of two doubles. */
function nextToHalfway(): string {
  const text = exactly((bigBits(52) | (1n << 52n)) * 2n + 1n, -54 - random(20)).slice('0.'.length)
  const cut = text.slice(0, text.search(/[1-9]/) + 16 + random(4))
  return `0.${random(2) === 0 ? cut : String(BigInt(cut) + 1n).padStart(cut.length, '0')}`
}

const FORMS: readonly (() => string)[] = [
  () => write(anyDouble()),
  () => anyDouble().toExponential(random(101)),
  () => anyDouble().toPrecision(15 + random(10)),
  () => write(random() / 2 ** 32 + random() / 2 ** 64),
  () => (random() / 2 ** 32 + random() / 2 ** 64).toFixed(random(30)),
  () => write(random() * random()),
  () => `${sign()}${integer(1 + random(40))}`,
  () => `${sign()}${integer(1 + random(25))}.${digits(1 + random(40))}`,
  () => `${sign()}0.${'0'.repeat(random(400))}${digits(1 + random(30))}`,
  () => `${integer(1 + random(19))}${random(2) === 0 ? 'e' : 'E'}${['', '+', '-'][random(3)]}${random(360)}`,
  () => `${sign()}${integer(1)}.${digits(1 + random(800))}e${random(700) - 350}`,
  () => `${1 + random(9)}e${random(660) - 335}`,
  () => `${'9'.repeat(1 + random(25))}e${random(660) - 335}`,
  () => `1${'0'.repeat(random(30))}.${'0'.repeat(1 + random(30))}${random(2)}e${random(640) - 320}`,
  () => write(fromBits(bigBits(52))),
  () => fromBits(bigBits(1 + random(53))).toExponential(random(30)),
  () => String(2n ** 53n + BigInt(random(2000)) - 1000n),
  () => String((1n << 64n) - BigInt(random(1000))),
  () => `0.${'0'.repeat(random(3000))}${digits(17)}e${random(3300)}`,
  () => `${digits(20).replace(/^0*/, '1')}${'0'.repeat(random(1000))}e-${random(1300)}`,
  () => exactly((bigBits(52) | (1n << 52n)) * 2n + 1n, random(64) - 64),
  () => `0.${'0'.repeat(random(8))}${digits(1 + random(24))}${['', '', '', 'e-5', 'E2'][random(5)]}`,
  halfway,
  halfway,
  nearHalfway,
  nextToHalfway,
  nextToHalfway,
]

function firstDifference(texts: readonly string[]): string | undefined {
  const separators = [',', ', ', '\n,']
  const { data } = scan(`{"labels":[${texts.join(separators[random(3)])}]}`).tensors.labels
  for (const [i, text] of texts.entries()) {
    if (!Object.is(data[i], Number(text))) return `${text} became ${write(data[i])}, not ${Number(text)}`
  }
  return data.length === texts.length ? undefined : `${data.length} numbers of ${texts.length}`
}

t.test('the table of powers', async (t) => {
  const table = powersOfFive()
  t.equal(table.length, 2 * (LARGEST_POWER - SMALLEST_POWER + 1))
  const at = (q: number): bigint => (table[2 * (q - SMALLEST_POWER)] << 64n) | table[2 * (q - SMALLEST_POWER) + 1]
  t.equal(at(0), 1n << 127n)
  t.equal(at(1), 5n << 125n)
  t.equal(at(55), 5n ** 55n)
  t.equal(at(-1), (1n << 130n) / 5n + 1n)
  for (let q = SMALLEST_POWER; q <= LARGEST_POWER; q++) {
    if (table[2 * (q - SMALLEST_POWER)] >> 63n !== 1n) t.fail(`5^${q} is not normalized`)
  }
})

t.test('limits of the range', async (t) => {
  const texts = `
    0 -0 0.0 -0e5 0e999999999999 1e999 -1e999 1e-999 1e309 1.7976931348623157e308 1.7976931348623158e308
    1.7976931348623159e308 179769313486231580793e289 4.9e-324 2.4703282292062327e-324 2.4703282292062328e-324
    2.2250738585072014e-308 2.2250738585072011e-308 9007199254740993 9007199254740992.9999999999999999999
    18446744073709551615 18446744073709551616 99999999999999999999 1e22 1e23
    2.225073858507201136057409796709131975934819546351645648023426109724822222021076945516529523908135087914149158913039621106870086438694594645527657207407820621743379988141063267329253552286881372149012981122451451889849057222307285255133155755015914397476397983411801999323962548289017107081850690630666655994938275772572015763062690663332647565300009245888316433037779791869612049497390377829704905051080609940730262937128958950003583799967207254304360284078895771796150945516748243471030702609144621572289880258182545180325707018860872113128079512233426288368622321503775666622503982534335974568884423900265498198385487948292206894721689831099698365846814022854243330660339850886445804001034933970427567186443383770486037861622771738545623065874679014086723327636718750000000000000000000000000000000000000000e-308`
    .trim()
    .split(/\s+/)
  texts.push(
    `1${'0'.repeat(4000)}e-4000`,
    `0.${'0'.repeat(4000)}1e4001`,
    `1e-${'0'.repeat(1000)}5`,
    '1e00000000000000000000000000000000005',
  )
  for (const text of texts) t.equal(firstDifference([text]), undefined, text.slice(0, 40))
})

t.test(`${NUMBERS} random decimals`, async (t) => {
  for (let done = 0; done < NUMBERS; done += BATCH) {
    const texts = Array.from({ length: Math.min(BATCH, NUMBERS - done) }, () => FORMS[random(FORMS.length)]())
    const difference = firstDifference(texts)
    if (difference !== undefined) return t.fail(difference)
  }
  t.pass('every bit')
})
