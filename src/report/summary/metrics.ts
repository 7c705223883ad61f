import type { RunRecord } from '../../mirror/state/history.js'

interface Metric {
  readonly name: string
  readonly help: string
  readonly samples: readonly (readonly [labels: string, value: number])[]
}

type OfRun = (run: RunRecord) => number | undefined

const seconds = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time) / 1000

/** One sample for each command: its last run's. */
const RUN_METRICS: readonly (readonly [name: string, help: string, value: OfRun])[] = [
  ['last_run_timestamp_seconds', 'When the last run began.', (run) => seconds(run.startedAt)],
  ['last_run_success', '1 if the last run left nothing undone, else 0.', (run) => Number(run.ok)],
  [
    'last_success_timestamp_seconds',
    'When the last run that left nothing undone ended.',
    (run) => seconds(run.lastSuccess),
  ],
  ['last_run_duration_seconds', 'How long the last run took.', (run) => run.seconds],
  ['last_run_projects', 'Projects that the last run brought up to date.', (run) => run.synced],
  ['last_run_projects_removed', 'Projects that the last run took out of the mirror.', (run) => run.removed],
  ['last_run_files', 'Files that the last run fetched.', (run) => run.files],
  ['last_run_bytes', 'Bytes of the files that the last run fetched.', (run) => run.bytes],
  ['last_run_files_removed', 'Files that the last run removed.', (run) => run.filesRemoved],
  ['last_run_failures', 'Projects that the last run could not bring up to date.', (run) => run.failures],
  ['last_run_warnings', 'Warnings that the last run logged.', (run) => run.warnings],
]

/** The figures of the last runs in Prometheus' text format, for node_exporter's textfile collector. */
export function metricsText(history: readonly RunRecord[]): string {
  const last = new Map(history.map((run) => [run.command, run]))
  const perRun = RUN_METRICS.map(([name, help, value]): Metric => ({
    name,
    help,
    samples: [...last].flatMap(([command, run]) => {
      const figure = value(run)
      return figure === undefined ? [] : [[`{command="${label(command)}"}`, figure] as const]
    }),
  }))
  return [...mirrorMetrics(history), reasonMetric(last.get('mirror')), ...perRun]
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      const lines = samples.map(([labels, value]) => `bandersnatch_${name}${labels} ${value}\n`)
      return `# HELP bandersnatch_${name} ${help}\n# TYPE bandersnatch_${name} gauge\n${lines.join('')}`
    })
    .join('')
}

function reasonMetric(run: RunRecord | undefined): Metric {
  const counts = Object.entries(run?.reasons ?? {})
  return {
    name: 'last_run_reasons',
    help: 'Projects that the last mirror run looked at, by reason.',
    samples: counts.map(([reason, count]) => [`{reason="${label(reason)}"}`, count] as const),
  }
}

/** How long ago the mirror was as upstream is, when the last `mirror` run ended. */
function secondsBehind(run: RunRecord | undefined): number | undefined {
  if (run === undefined) return undefined
  if (run.ok) return 0
  const success = seconds(run.lastSuccess)
  return success === undefined ? undefined : Math.max(0, Date.parse(run.startedAt) / 1000 + run.seconds - success)
}

function mirrorMetrics(history: readonly RunRecord[]): Metric[] {
  const newest = (value: OfRun): number | undefined => history.map(value).findLast((figure) => figure !== undefined)
  // Other commands know of the projects that they were told only.
  const mirror = history.findLast(({ command }) => command === 'mirror')
  const serial = newest((run) => run.serial)
  const upstream = newest((run) => run.upstreamSerial)
  const one = (name: string, help: string, value: number | undefined): Metric => ({
    name,
    help,
    samples: value === undefined ? [] : [['', value]],
  })
  return [
    one('serial', 'Serial up to which the mirror is complete.', serial),
    one('upstream_serial', 'Serial of upstream when it was last asked.', upstream),
    one(
      'lag',
      'Serials that the mirror is behind upstream.',
      upstream === undefined ? undefined : Math.max(0, upstream - (serial ?? 0)),
    ),
    one(
      'behind_seconds',
      'How long ago the mirror was complete, when the last mirror run ended.',
      secondsBehind(mirror),
    ),
    one(
      'bytes_stored',
      'Bytes of release files as the last verify counted them, and what was fetched since.',
      newest((run) => run.bytesStored),
    ),
    one(
      'bytes_free',
      'Bytes that can still be stored.',
      newest((run) => run.bytesFree),
    ),
    one(
      'removals_refused',
      'Projects that a guard kept from being removed in the last mirror run.',
      mirror?.removalsRefused,
    ),
    one(
      'projects',
      'Projects that the mirror serves.',
      newest((run) => run.projects),
    ),
    one(
      'held_files',
      'Files that filters hold back for a time.',
      newest((run) => run.held),
    ),
    one(
      'blocked_files',
      'Files that advisories block.',
      newest((run) => run.blocked),
    ),
    one('owed', 'Projects that the last mirror run could not bring up to date.', mirror?.failures),
    one(
      'oldest_failure_timestamp_seconds',
      'When the project that has failed for longest failed first.',
      seconds(mirror?.oldestFailure),
    ),
  ]
}

function label(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
}
