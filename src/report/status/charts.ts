import { escapeHtml } from '../../simple/escape.js'

/** A point of a chart over time. */
export interface Point {
  /** milliseconds since the epoch */
  readonly time: number
  readonly value: number
  /** drawn as something that went wrong */
  readonly bad: boolean
}

export interface LineChart {
  readonly title: string
  readonly caption: string
  readonly points: readonly Point[]
  readonly format: (value: number) => string
}

const WIDTH = 600
const HEIGHT = 160

/**
 * A line over time. The drawing stretches to whatever width there is; its labels are text beside it, so that they stay
 * legible on a phone.
 */
export function lineChart({ title, caption, points, format }: LineChart): string {
  const head = `<h2>${escapeHtml(title)}</h2>`
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined || points.length < 2)
    return `<section>${head}<p class="note">There is nothing to draw before the second run.</p></section>`
  const most = Math.max(...points.map(({ value }) => value), 1)
  const span = Math.max(1, last.time - first.time)
  const at = ({ time, value }: Point): string =>
    `${round(((time - first.time) / span) * WIDTH)},${round(HEIGHT - (value / most) * (HEIGHT - 8) - 4)}`
  const line = points.map(at).join(' ')
  const bad = points
    .filter((point) => point.bad)
    .map((point) => `M${at(point)}h0`)
    .join('')
  const label = `${title}: from ${format(first.value)} to ${format(last.value)}`
  return `<section>${head}
<figure>
<div class="scale"><span>${escapeHtml(format(most))}</span><span>0</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}">
<polygon class="area" points="0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}"/>
<polyline class="line" points="${line}"/>${bad === '' ? '' : `\n<path class="bad" d="${bad}"/>`}
</svg>
<div class="dates">${dates(first.time, last.time)}</div>
<figcaption>${escapeHtml(caption)}</figcaption>
</figure></section>`
}

export interface Bar {
  readonly label: string
  readonly value: number
  readonly note: string
}

/** Bars beside each other, the first one the longest. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value), 1)
  const rows = bars.map(({ label, value, note }) => {
    const width = round((value / most) * 100)
    const bar = `<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect class="bar" width="${width}" height="1"/></svg>`
    return `<li><span>${escapeHtml(label)}</span><span class="note">${escapeHtml(note)}</span>${bar}</li>`
  })
  return `<section><h2>${escapeHtml(title)}</h2><ul class="bars">${rows.join('\n')}</ul></section>`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** Days, or the hours too where it is all of one day. */
function dates(...times: readonly [number, number]): string {
  const [first, last] = times.map((time) => new Date(time).toISOString().slice(0, 16).replace('T', ' '))
  const long = first?.slice(0, 10) === last?.slice(0, 10)
  return [first, last].map((text) => `<span>${long ? text : text?.slice(0, 10)}</span>`).join('')
}
