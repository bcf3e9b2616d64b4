import { browserTest, near, valuesOf } from '../support.ts'

/** Softmax by hand: the source of what the page should show. */
function softmax(scores: number[]): number[] {
  const powers = scores.map((z) => Math.exp(z))
  const sum = powers.reduce((all, one) => all + one, 0)
  return powers.map((power) => power / sum)
}

browserTest('softmax and one step of gradient descent', async (t, studio) => {
  const { page } = await studio.open('/learn?softmax.rate=2#softmax')
  await near(page, 'softmax')
  const rows = async (part: string) => {
    const values = await valuesOf(page, `.softmax-${part}`)
    return Array.from({ length: values.length / 3 }, (_, at) => values.slice(3 * at, 3 * at + 3))
  }
  const expected = (scores: number[], label: number) => {
    const ys = softmax(scores)
    return scores.map((z, at) => [z, ys[at], ys[at] - (at === label ? 1 : 0)])
  }
  const close = (found: number[][], wanted: number[][]) =>
    found.flat().length === wanted.flat().length &&
    found.flat().every((value, at) => Math.abs(value - wanted.flat()[at]) < 1e-12)

  const first = expected([2, 1, 0.1], 1)
  t.ok(close(await rows('before'), first))
  const moved = first.map(([z, , slope]) => z - 2 * slope)
  t.ok(close(await rows('after'), expected(moved, 1)))
  const [before] = await valuesOf(page, '.softmax-loss')
  const [after] = await valuesOf(page, '.softmax-next')
  t.ok(Math.abs(before + Math.log(first[1][1])) < 1e-12)
  t.ok(after < before)

  await t.test('with other scores and another truth', async (t) => {
    await page.selectOption('#softmax [name=truth]', '2')
    await page.focus('#softmax [name=z2]')
    await page.keyboard.press('Home')
    await page.waitForFunction(
      () => document.querySelector<HTMLDataElement>('.softmax-before tr.true data')?.value === '-4',
    )
    t.ok(close(await rows('before'), expected([2, 1, -4], 2)))
    t.same(Object.fromEntries(new URL(page.url()).searchParams), {
      'softmax.rate': '2',
      'softmax.truth': '2',
      'softmax.z2': '-4',
    })
    await page.goBack()
    await page.goBack()
    await page.waitForFunction(() => document.querySelector('.softmax-before tr.true th')?.textContent === '1')
    t.ok(close(await rows('before'), first))
  })
})
