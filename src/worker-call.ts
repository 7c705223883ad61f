import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { MessagePort, WorkerOptions } from 'node:worker_threads'
import { errorText } from './errors.js'

/** Questions to a worker thread, and its answers: storage/filesystem hashes files so, mirror/fetch-thread fetches them. */
export interface WorkerThread<Question, Answer, Told = string> {
  /** how many questions have no answer yet */
  readonly pending: number
  /**
   * The thread keeps the program alive while it has a question.
   * @throws WorkerEndedError if the thread ends before it answers
   */
  ask(question: Question): Promise<Answer>
  /** Tells the thread something that has no answer. Does nothing once it has ended. */
  tell(note: Told): void
  /** Ends the thread. */
  close(): Promise<void>
}

export interface WorkerThreadOptions<Note> {
  readonly options?: WorkerOptions
  /** takes what the thread tells without being asked */
  readonly onNote?: (note: Note) => void
  /** The thread has ended. Called before its questions fail. */
  readonly onEnd?: (reason: string) => void
}

/** The thread ended and left questions without answers. */
export class WorkerEndedError extends Error {
  override readonly name = 'WorkerEndedError'
}

type ToWorker<Question, Told> = { readonly id: number; readonly question: Question } | { readonly note: Told }
type FromWorker<Answer, Note> = { readonly id: number; readonly answer: Answer } | { readonly note: Note }

interface Waiting<Answer> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** Starts a worker thread whose script calls `answerQuestions`. */
export function startWorkerThread<Question, Answer, Note = never, Told = string>(
  script: string,
  { options, onNote, onEnd }: WorkerThreadOptions<Note> = {},
): WorkerThread<Question, Answer, Told> {
  const worker = new Worker(script, options)
  const waiting = new Map<number, Waiting<Answer>>()
  let reason = 'it ended'
  let ended = false
  let lastId = 0

  worker.on('message', (message: FromWorker<Answer, Note>) => {
    if ('note' in message) return onNote?.(message.note)
    const one = waiting.get(message.id)
    waiting.delete(message.id)
    if (waiting.size === 0) worker.unref()
    one?.resolve(message.answer)
  })
  worker.on('error', (error) => (reason = errorText(error)))
  worker.on('exit', () => {
    ended = true
    onEnd?.(reason)
    for (const one of waiting.values()) one.reject(new WorkerEndedError(reason))
    waiting.clear()
  })
  worker.unref()

  return {
    get pending() {
      return waiting.size
    },
    ask(question) {
      if (ended) return Promise.reject(new WorkerEndedError(reason))
      lastId += 1
      const id = lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, question } satisfies ToWorker<Question, Told>)
      })
    },
    tell: (note) => worker.postMessage({ note } satisfies ToWorker<Question, Told>),
    async close() {
      await worker.terminate()
    },
  }
}

export interface Answering<Question, Answer, Told> {
  readonly answer: (question: Question) => Answer | Promise<Answer>
  readonly onNote?: (note: Told) => void
}

/** The thread's side. An error that `answer` throws ends the thread. Returns what tells the other side a note. */
export function answerQuestions<Question, Answer, Note = never, Told = string>(
  port: MessagePort,
  { answer, onNote }: Answering<Question, Answer, Told>,
): (note: Note) => void {
  const post = (message: FromWorker<Answer, Note>): void => port.postMessage(message)
  const respond = async (id: number, question: Question): Promise<void> => post({ id, answer: await answer(question) })
  port.on('message', (message: ToWorker<Question, Told>) => {
    if ('note' in message) onNote?.(message.note)
    else void respond(message.id, message.question)
  })
  return (note) => post({ note })
}

/**
 * Path of a thread's script beside the module `url`. Node runs no TypeScript in a thread: where the sources themselves
 * run, as in tests, it is the compiled file in dist/.
 */
export function threadScript(name: string, url: string): string {
  const path = fileURLToPath(new URL(name, url))
  return url.endsWith('.ts') ? path.replace(/([\\/])src\1(?!.*[\\/]src[\\/])/, '$1dist$1') : path
}
