/** @import { Colours, Figure, PlotlyLibrary } from './types.d.ts' */
import { strings } from './strings.js'
import { themeChanged } from './switches.js'

/** @type {Promise<PlotlyLibrary> | undefined} */
let loading

/** The drawing library, loaded when it is first needed. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = document.documentElement.dataset.plotly ?? ''
    script.onload = () => resolve(/** @type {{ Plotly: PlotlyLibrary }} */ (/** @type {unknown} */ (globalThis)).Plotly)
    script.onerror = () => reject(new Error(strings.common.noLibrary))
    document.head.append(script)
  })
  return loading
}

/** The colours of the theme in force. @returns {Colours} */
export function colours() {
  const probe = document.body.appendChild(document.createElement('i'))
  // these are asked for by name, and are the system's own where it forces colours
  probe.style.setProperty('forced-color-adjust', 'none')
  const colour = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const found = {
    ink: colour('ink'),
    soft: colour('soft'),
    line: colour('line'),
    paper: colour('raised'),
    accent: colour('accent'),
    truth: colour('truth'),
  }
  probe.remove()
  return found
}

/** What was drawn, to be drawn again in other colours. @type {Map<HTMLElement, () => Promise<void>>} */
const drawn = new Map()
async function drawAgain() {
  for (const [element, draw] of drawn) {
    if (element.isConnected) await draw()
    else drawn.delete(element)
  }
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAgain)
document.addEventListener(themeChanged, drawAgain)

// Colour bars, <sub> and the mode bar's menus set style attributes, which the Content-Security-Policy refuses.
const config = { displayModeBar: false, responsive: true, scrollZoom: 'gl3d', doubleClick: false }

/**
 * A chart in an element: the function draws it, and draws it again after any change.
 *
 * @param {HTMLElement} element
 * @param {(colours: Colours) => Figure} figure
 * @returns {() => Promise<void>}
 */
export function chart(element, figure) {
  const draw = async () => {
    const library = await plotly()
    const theme = colours()
    const { data, layout } = figure(theme)
    if ('scene' in layout && !drawsIn3d()) {
      element.textContent = strings.common.no3d
      return
    }
    await library.react(element, data, themed(layout, theme), config)
    element.dataset.drawn = 'true'
    drawn.set(element, draw)
  }
  return draw
}

/**
 * A drawn chart as SVG, on the paper of the theme.
 *
 * @param {HTMLElement} element
 */
export async function svgOf(element) {
  const { clientWidth: width, clientHeight: height } = element
  const library = await plotly()
  const drawing = await library.toImage(element, { format: 'svg', width, height, imageDataOnly: true })
  return drawing.replace(
    /<svg[^>]*>/,
    (start) => `${start}<rect width="100%" height="100%" fill="${colours().paper}"/>`,
  )
}

function drawsIn3d() {
  return document.createElement('canvas').getContext('webgl') !== null
}

/**
 * @param {Record<string, unknown>} layout
 * @param {Colours} theme
 */
function themed(layout, { ink, soft, paper, line }) {
  return {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: 'system-ui, sans-serif', size: 13, color: soft },
    hoverlabel: { bgcolor: paper, bordercolor: line, font: { family: 'system-ui, sans-serif', color: ink } },
    margin: { l: 56, r: 12, t: 12, b: 48 },
    showlegend: false,
    dragmode: false,
    uirevision: 'kept',
    autosize: true,
    ...layout,
  }
}

/**
 * An axis of a flat chart.
 *
 * @param {Colours} theme
 * @param {string} title
 * @param {Record<string, unknown>} more
 */
export function axis({ line, soft }, title, more = {}) {
  return {
    title: { text: title, standoff: 8 },
    gridcolor: line,
    zerolinecolor: line,
    linecolor: soft,
    tickcolor: line,
    fixedrange: true,
    ...more,
  }
}

/**
 * An axis of a chart in three dimensions.
 *
 * @param {Colours} theme
 * @param {string} title
 * @param {Record<string, unknown>} more
 */
export function axis3d({ line, soft, ink }, title, more = {}) {
  return {
    title: { text: title, font: { color: ink, size: 13 } },
    gridcolor: line,
    zerolinecolor: line,
    linecolor: soft,
    tickfont: { color: soft, size: 11 },
    showspikes: false,
    backgroundcolor: 'rgba(0,0,0,0)',
    ...more,
  }
}
