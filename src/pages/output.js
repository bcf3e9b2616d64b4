/**
 * Lets people print the page with all its pictures: a browser's own command does not wait for those that are not drawn yet.
 *
 * @param {() => Promise<void>} drawAll
 */
export function offerPrint(drawAll) {
  const button = document.querySelector('button.print')
  if (!(button instanceof HTMLButtonElement)) return
  button.disabled = false
  button.addEventListener('click', async () => {
    button.disabled = true
    await drawAll()
    button.disabled = false
    print()
  })
}
