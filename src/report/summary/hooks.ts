import { spawn } from 'node:child_process'
import { errorText } from '../../errors.js'
import { oneLine } from '../../one-line.js'

/** A hook that takes longer is ended: the run holds the mirror's lock meanwhile. */
const PATIENCE_MS = 60_000
/** So long after its end a hook's last words may arrive; a program that it left in the background may keep the pipe. */
const LAST_WORDS_MS = 200
const MOST_OUTPUT = 10_000

/**
 * Runs a command of the configuration with `/bin/sh`, and gives it a document on stdin. What it prints is not shown.
 * @returns what went wrong; undefined where nothing did
 */
export function runHook(command: string, document: string, patienceMs = PATIENCE_MS): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'ignore', 'pipe'] })
    let output = ''
    let timedOut = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-MOST_OUTPUT)))
    // It need not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(document)
    const patience = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, patienceMs)
    child.once('error', (error) => {
      clearTimeout(patience)
      resolve(errorText(error))
    })
    child.once('exit', () => setTimeout(() => child.stderr.destroy(), LAST_WORDS_MS).unref())
    child.once('close', (code, signal) => {
      clearTimeout(patience)
      if (timedOut) resolve(`it was ended after ${patienceMs / 1000} s`)
      else resolve(code === 0 ? undefined : `${signal ?? `exit code ${code}`}${lastLine(output)}`)
    })
  })
}

function lastLine(output: string): string {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  return line === '' ? '' : `: ${oneLine(line)}`
}
