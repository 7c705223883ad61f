import { loadExistingConfig } from '../config/load.js'
import { PLUGIN_TABLE } from '../filters/index.js'
import { readLogConfig } from '../log/python/config.js'
import type { LogConfig } from '../log/python/config.js'
import { withoutUserinfo } from '../config/redact.js'
import type { Config } from '../config/types.js'
import { BandersnatchError, EXIT, errorText } from '../errors.js'
import type { Context } from '../mirror/run/context.js'
import { effectiveOptions, optionsText } from '../report/check/options.js'
import { spaceFindings } from '../report/check/space.js'
import type { Finding } from '../report/check/space.js'
import { checkWanted } from '../mirror/check-wanted.js'
import { HOW_TO_CONFIRM } from '../mirror/plan/everything.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'

export interface CheckOptions {
  /** ask neither the master nor the proxy */
  readonly offline: boolean
}

/**
 * `bandersnatch check-config`: prints what the configuration means and whether a run with it could work. Exit 2 when it
 * could not. Changes nothing.
 */
export async function checkConfigCommand(setting: Setting, options: CheckOptions): Promise<number> {
  const config = loadExistingConfig(setting.configPath, { env: setting.env, plugins: PLUGIN_TABLE })
  setting.print(`${config.path}\n\n${optionsText(effectiveOptions(config))}`)
  const opening = { command: 'check-config', writesDiff: false, creates: false, readOnly: true }
  const findings = await withMirror(setting, opening, async (context) => {
    setting.print(`\nFilters, in the order in which they are asked\n${filtersText(context)}`)
    return [
      ...logFindings(config),
      ...storageFindings(config),
      ...pageFindings(config),
      ...(options.offline ? [] : [await masterFinding(context)]),
      ...(await wantedFindings(context, options)),
    ]
  })
  const problems = findings.filter(({ problem }) => problem).length
  const lines = findings.map(({ text, problem }) => `  ${problem ? 'PROBLEM: ' : ''}${text}`)
  const verdict = problems > 0 ? `${problems} to be put right before a run can work` : 'A run can begin'
  setting.print(`\nSurroundings\n${lines.join('\n')}\n\n${verdict}`)
  return problems > 0 ? EXIT.config : EXIT.ok
}

function filtersText({ filters }: Context): string {
  const all = [...filters.project, ...filters.metadata, ...filters.releaseFile, ...filters.release]
  if (all.length === 0) return '  none: everything is mirrored'
  return all.map(({ kind, name, summary }) => `  ${name} (${kind.replace('_', ' ')}): ${summary}`).join('\n')
}

function logFindings({ mirror }: Config): Finding[] {
  if (mirror.logConfig === undefined) return []
  const config = readLogConfig(mirror.logConfig)
  const handlers = config.handlers.map(({ name, target }) => `${name} (${targetText(target)})`)
  const goes = handlers.length > 0 ? handlers.join(', ') : 'nowhere: it has no handler that can be used'
  return [`log-config: the log goes to ${goes}`, ...config.warnings].map((text) => ({ text, problem: false }))
}

function targetText(target: LogConfig['handlers'][number]['target']): string {
  if ('path' in target) return target.path
  if (target.kind === 'stream') return target.stream
  if (target.kind === 'null') return 'nowhere'
  return `syslog at ${'path' in target.address ? target.address.path : `${target.address.host}:${target.address.port}`}`
}

function storageFindings({ mirror }: Config): Finding[] {
  if (mirror.storageBackend === 's3') return [{ text: `storage: ${mirror.directory} on S3`, problem: false }]
  return spaceFindings(mirror.directory)
}

/** Clients that wait themselves need the upload times of JSON pages (PEP 700). */
function pageFindings({ mirror }: Config): Finding[] {
  if (mirror.simpleFormat !== 'HTML') return []
  const text =
    "simple-format = HTML: the pages have no upload times, so pip's --uploaded-prior-to and uv's exclude-newer do not work"
  return [{ text, problem: false }]
}

async function wantedFindings(context: Context, options: CheckOptions): Promise<Finding[]> {
  const { everything, unknown } = await checkWanted(context, options)
  const findings = unknown.map((text): Finding => ({ text, problem: false }))
  if (everything === undefined) return findings
  const { text, refused } = everything
  return [...findings, { text: refused ? `${text}. ${HOW_TO_CONFIRM}` : text, problem: refused }]
}

/** One request, by the way that every request of a run goes. */
async function masterFinding({ config, upstream }: Context): Promise<Finding> {
  const way = config.proxy === undefined ? '' : ` through ${withoutUserinfo(config.proxy)}`
  try {
    const serial = await upstream.lastSerial()
    const text =
      serial === 'not-offered'
        ? 'answers; it offers no changelog, so each run reads its list of projects'
        : `answers: serial ${serial}`
    return { text: `${upstream.url}${way} ${text}`, problem: false }
  } catch (error) {
    if (!(error instanceof BandersnatchError)) throw error
    return { text: `${upstream.url}${way} does not answer as it should: ${errorText(error)}`, problem: true }
  }
}
