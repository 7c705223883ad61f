/** The style of the status page: system fonts, light and dark, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2733; --faint: #66717e; --ground: #fff; --card: #f3f5f8; --mark: #2f6fb3; --bad: #c0392b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaef; --faint: #98a4b1; --ground: #14181d; --card: #1f252c; --mark: #6cabeb; --bad: #ff7a6b; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground); overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0.5rem 0 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
.note, figcaption, th, dt { color: var(--faint); font-size: 0.875rem; }
.note { margin: 0; }
.verdict { margin: 1rem 0; font-weight: 600; }
.failing { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 1rem 0; }
.tiles div { background: var(--card); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
figure { margin: 0; display: grid; grid-template-columns: auto 1fr; column-gap: 0.5rem; }
figure svg { overflow: visible; width: 100%; height: 10rem; background: var(--card); border-radius: 0.25rem; }
.scale, .dates { display: flex; justify-content: space-between; color: var(--faint); font-size: 0.8rem; }
.scale { flex-direction: column; text-align: right; }
.dates, figcaption { grid-column: 2; }
.area { fill: var(--mark); opacity: 0.18; }
.line { fill: none; stroke: var(--mark); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.bad { fill: none; stroke: var(--bad); stroke-width: 7; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { display: grid; grid-template-columns: 1fr auto; column-gap: 1rem; padding: 0.2rem 0; }
.bars svg { grid-column: 1 / 3; width: 100%; height: 0.5rem; background: var(--card); border-radius: 0.25rem; }
.bar { fill: var(--mark); }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--card); vertical-align: top; }
th, td:not([data-head="Reason"]) { white-space: nowrap; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1rem; padding: 0.5rem 0; border-bottom: 1px solid var(--card); }
  td { border: 0; padding: 0.1rem 0; }
  td:not([data-head="Reason"]) { white-space: normal; }
  td:first-child, td[data-head="Reason"] { grid-column: 1 / 3; }
  td::before { content: attr(data-head) ": "; color: var(--faint); }
}
`
