/** @import { Run } from '../types.d.ts' */
import { answerOf, newest, send } from '../api.js'
import { find, text } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { keepInAddress, mostRuns, settingsOfAddress } from '../runs/address.js'
import { chosen, runsChanged } from '../runs/chosen.js'
import { curves } from '../runs/curves.js'
import { isGone, legendItem } from '../runs/legend.js'
import { runList } from '../runs/list.js'
import { question } from '../runs/question.js'
import { troubleParts } from '../runs/trouble.js'
import { watch } from '../runs/watch.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.runs

/** How often the list is asked for again. */
const listMilliseconds = 10_000
/** A browser has six connections to a host, for all its tabs. */
const mostStreams = 2

/** The list of runs, and the learning curves of those that are chosen, live. @param {HTMLElement} section */
export async function mount(section) {
  const { show } = connect(section)
  const trouble = find(section, '.trouble', HTMLElement)
  const settings = settingsOfAddress()
  const form = find(section, '.learning-form', HTMLFormElement)
  const legend = find(section, '.run-legend', HTMLUListElement)
  const said = find(section, '.run-said', HTMLElement)
  /** @type {Map<string, ReturnType<typeof legendItem>>} */
  const items = new Map()

  const picture = curves(section, {
    runs: () => chosen.values(),
    settings,
    onCursor: () => {
      for (const [name, { tell }] of items) {
        const run = chosen.get(name)
        if (run !== undefined) tell(picture.pointAt(run))
      }
    },
  })

  tellNumbers(find(section, 'figure', HTMLElement), () => numbersOf(chosen.values()))

  const changed = () => {
    picture.draw()
    for (const { exchange } of chosen.values()) if (exchange !== undefined) show(exchange)
    tellTrouble()
    document.dispatchEvent(new Event(runsChanged))
  }

  /** @type {unknown} */
  let listTrouble
  const tellTrouble = () => {
    const error =
      listTrouble ?? [...chosen.values()].find((run) => run.trouble !== undefined && !isGone(run.trouble))?.trouble
    trouble.replaceChildren(...(error === undefined ? [] : troubleParts(error)))
  }

  /** @param {Run} run */
  const start = (run) => {
    run.stop()
    const control = new AbortController()
    run.stop = () => control.abort()
    const isStreamed = [...chosen.keys()].indexOf(run.name) < mostStreams
    watch(run, {
      points: picture.points,
      hasWindows: () => settings.by === 'window',
      isStreamed,
      onChange: changed,
      signal: control.signal,
    })
  }

  /** @param {string} name */
  const add = (name) => {
    const taken = [...chosen.values()].map(({ colour }) => colour)
    const colour = Array.from({ length: mostRuns }, (_, at) => at).find((at) => !taken.includes(at)) ?? 0
    /** @type {Run} */
    const run = { name, colour, points: [], isLive: false, stop: () => undefined }
    chosen.set(name, run)
    const item = legendItem(run, {
      seal: () => attempt(() => seal(name)),
      remove: () => attempt(() => remove(name)),
      leave: () => choose(name, false),
    })
    items.set(name, item)
    legend.append(item.element)
    start(run)
  }

  /** @param {string} name */
  const leave = (name) => {
    chosen.get(name)?.stop()
    chosen.delete(name)
    items.get(name)?.element.remove()
    items.delete(name)
    // a stream may be free for another one now
    const streamed = [...chosen.values()].slice(0, mostStreams)
    for (const run of streamed) if (!run.isLive && run.report?.status === 'open') start(run)
  }

  /**
   * @param {string} name
   * @param {boolean} isChosen
   */
  const choose = (name, isChosen) => {
    if (isChosen) add(name)
    else leave(name)
    keep(true)
    list.mark()
    find(section, '.run-full', HTMLElement).hidden = chosen.size < mostRuns
    changed()
  }

  const keep = (isStep = false) => {
    keepInAddress({ ...settings, runs: [...chosen.keys()] }, isStep)
    kept = location.pathname + location.search
  }
  let kept = location.pathname + location.search
  addEventListener('popstate', () => {
    // the way back leads to the runs that were chosen before, not to a place on the page
    if (location.pathname + location.search !== kept) location.reload()
  })

  const list = runList(section, { settings, choose, isFull: () => chosen.size >= mostRuns })
  const loadList = newest(async () => {
    try {
      show(await list.load())
      listTrouble = undefined
    } catch (error) {
      listTrouble = error
    }
    tellTrouble()
  })

  /** @param {() => Promise<void>} deed */
  const attempt = async (deed) => {
    try {
      await deed()
    } catch (error) {
      trouble.replaceChildren(...troubleParts(error))
      trouble.scrollIntoView({ block: 'nearest' })
    }
  }

  /** @param {string} name */
  const seal = async (name) => {
    if (!(await question(words.sealTitle(name), words.sealText, words.seal))) return
    const exchange = await send('PATCH', `/v1/evaluations/${name}`, { status: 'sealed' })
    show(exchange)
    answerOf(exchange)
    said.textContent = words.sealedNow(name)
    const run = chosen.get(name)
    if (run !== undefined) start(run)
    await loadList(0)
  }

  /** @param {string} name */
  const remove = async (name) => {
    if (!(await question(words.removeTitle(name), words.removeText, words.remove))) return
    const exchange = await send('DELETE', `/v1/evaluations/${name}`)
    show(exchange)
    answerOf(exchange)
    said.textContent = words.removedNow(name)
    choose(name, false)
    await loadList(0)
  }

  for (const name of /** @type {const} */ (['show', 'lines', 'by', 'scale'])) {
    const select = find(form, `[name=${name}]`, HTMLSelectElement)
    select.value = settings[name]
    select.addEventListener('change', () => {
      Object.assign(settings, { [name]: select.value })
      keep(true)
      if (name === 'by') {
        picture.whole()
        if (settings.by === 'window') for (const run of chosen.values()) if (run.windows === undefined) start(run)
      }
      picture.draw()
    })
  }
  const smooth = find(form, '[name=smooth]', HTMLInputElement)
  smooth.valueAsNumber = settings.smooth
  const tellSmooth = () => {
    find(form, '.learning-smooth', HTMLOutputElement).value = text(smooth.valueAsNumber, 2)
  }
  tellSmooth()
  smooth.addEventListener('input', () => {
    settings.smooth = smooth.valueAsNumber
    tellSmooth()
    keep()
    picture.draw()
  })
  form.addEventListener('submit', (event) => event.preventDefault())
  for (const name of /** @type {const} */ (['prefix', 'metadata'])) {
    const field = find(section, `[name=${name}]`, HTMLInputElement)
    field.value = settings[name]
    field.addEventListener('input', () => {
      settings[name] = field.value.trim()
      list.anew()
      keep()
      loadList(0)
    })
  }
  for (const button of section.querySelectorAll('[data-sort]')) {
    button.addEventListener('click', () => {
      const column = button.getAttribute('data-sort') ?? ''
      // up, down, and the newest first again
      settings.sort = settings.sort === column ? `-${column}` : settings.sort === `-${column}` ? '' : column
      list.anew()
      keep()
      loadList(0)
    })
  }
  find(section, '.run-more', HTMLButtonElement).addEventListener('click', () => {
    list.more()
    loadList(0)
  })

  for (const name of settings.runs) add(name)
  picture.draw()
  await loadList(0)
  // somebody who comes without a choice sees the newest run
  if (settings.runs.length === 0) for (const name of list.first(1)) choose(name, true)

  setInterval(() => {
    if (!document.hidden) loadList(0)
  }, listMilliseconds)
  document.addEventListener('visibilitychange', () => {
    for (const run of chosen.values()) {
      if (document.hidden) run.stop()
      else start(run)
    }
  })
}

/** @param {Iterable<Run>} runs */
function numbersOf(runs) {
  const own = /** @type {const} */ (['fromSequence', 'toSequence', 'createdAt'])
  const figures = /** @type {const} */ (['samples', 'loss', 'accuracy', 'standardError'])
  return [
    ['run', ...own, ...figures, ...figures.map((name) => `cumulative ${name}`)],
    ...[...runs].flatMap(({ name, points }) =>
      points.map((point) => [
        name,
        ...own.map((part) => point[part]),
        ...figures.map((part) => point[part]),
        ...figures.map((part) => point.cumulative[part]),
      ]),
    ),
  ]
}
