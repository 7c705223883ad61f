import type { JsonObject } from '../model/project.js'

/** An HTTP answer that is a document: decompressed, bounded, whole. */
export interface HttpAnswer {
  readonly status: number
  /** header names in lower case */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** where redirects ended */
  readonly url: string
}

/** Takes a document's decompressed bytes as they arrive; throws UpstreamError to have it asked for again. */
export interface BodyReader {
  write(chunk: Uint8Array): void
  /** the document is whole */
  end(): void
}

export interface GetOptions {
  readonly accept?: string
  readonly ifNoneMatch?: string
  /** decompressed bytes; more is UpstreamError 'too-large' */
  readonly maxBytes: number
  /** statuses besides 2xx that are answers, not errors (304, 404) */
  readonly allow?: readonly number[]
  /** Called for every answer, 2xx or allowed: throws UpstreamError to have a wrong one asked for again. */
  readonly check?: (answer: HttpAnswer) => void
  /** Takes a 2xx body instead of `body`, which stays empty; called anew for each attempt. */
  readonly reader?: () => BodyReader
}

/** What `download` writes to; storage's FileReceiver is one. */
export interface DownloadTarget {
  readonly held: number
  readonly validator: string | undefined
  begin(answer: { readonly resumed: boolean; readonly validator: string | undefined }): Promise<void>
  write(chunk: Uint8Array): Promise<void> | void
}

/** Which part of a file is wanted, in bytes. */
export type FileRange = { readonly last: number } | { readonly first: number; readonly length: number }

/** A part of a file. */
export interface RangeAnswer {
  readonly bytes: Buffer
  /** offset of the part */
  readonly first: number
  /** bytes of the whole file */
  readonly size: number
}

export interface HttpCounts {
  requests: number
  retries: number
  /** body bytes as they came over the network */
  bytes: number
  /** TCP connections that were opened */
  connections: number
}

/** How the latest requests to one host ended. */
export interface UpstreamHealth {
  /** '' where nothing was asked */
  readonly origin: string
  /** URLs asked for, 50 at most */
  readonly asked: number
  /** those that failed in the most frequent way */
  readonly failed: number
  /** that way in words, e.g. `HTTP status 503` */
  readonly reason: string | undefined
}

/** A host asked for fewer requests, or broke connections. */
export interface Refusal {
  readonly origin: string
  /** milliseconds for which it must not be asked at all */
  readonly pauseMs: number
}

/** The one way to the network. Retries, redirects, proxies, limits and timeouts are inside. */
export interface HttpClient {
  readonly counts: HttpCounts
  /** Of the host that fails most. Once it fails nearly always, every request throws UpstreamError 'out-of-order'. */
  readonly health: UpstreamHealth
  /** Slows down as another client of the run was made to. */
  heed(refusal: Refusal): void
  /** From now on this is one of so many clients that share the requests under way and the bandwidth. */
  share(clients: number): void
  /** milliseconds by which this machine's clock is ahead of what answers say; undefined where none told */
  readonly clockOffset: number | undefined
  get(url: string, options: GetOptions): Promise<HttpAnswer>
  post(url: string, body: string, options: GetOptions & { readonly contentType: string }): Promise<HttpAnswer>
  /** A whole small file. `size`: what the index announces; a body of another size is stopped and an error. */
  fetchFile(url: string, options: { readonly size: number | undefined; readonly maxBytes: number }): Promise<Buffer>
  /** A part of a file; shorter where the file ends. 'whole': the server gives no parts. */
  fetchRange(url: string, range: FileRange): Promise<RangeAnswer | 'whole'>
  /** A large file into a target, resumed with Range and If-Range after a break. */
  download(url: string, target: DownloadTarget, options: { readonly size: number | undefined }): Promise<void>
  /** Counts a file that came well and turned out to be wrong, so that it is not asked for without end. */
  reportWrong(url: string, error: Error): void
  /** Stops: requests under way are aborted, new ones refused. */
  abort(reason: Error): void
  close(): Promise<void>
}

/** Name -> serial of very many projects, to go through only. An index that lists a project twice has it twice. */
export interface ProjectSerials extends Iterable<readonly [string, number]> {
  readonly size: number
}

/** The list of all projects: normalized or not, as upstream spells them, with their serials. */
export interface ProjectList {
  /** serial of the list itself, where given */
  readonly serial: number | undefined
  readonly projects: ProjectSerials
  /** false on indexes other than PyPI and its mirrors: then every serial in `projects` is 0 and says nothing */
  readonly hasSerials: boolean
  readonly etag: string | undefined
  /** names that are listed with something that is no serial */
  readonly unreadable?: ReadonlySet<string>
  /** it came as HTML (PEP 503), which only other indexes than PyPI have reason to give */
  readonly html?: true
}

/** A project's metadata document as fetched. */
export interface MetadataDocument {
  /** the text as it came, UTF-8 */
  readonly text: string
  readonly json: JsonObject
}

/** A project's page of the simple index. */
export interface ProjectPage {
  /** where redirects ended */
  readonly url: string
  readonly serial: number | undefined
  /** with the keys of PEP 691, whether it came as JSON or HTML; the URLs of `files` are absolute */
  readonly json: JsonObject
  readonly html?: true
}

/** What the changelog says since a serial. */
export interface Changes {
  /** highest serial met; the one asked from when nothing changed */
  readonly serial: number
  /** name as upstream spells it -> serial of its latest change */
  readonly projects: ReadonlyMap<string, number>
  /** those of them that some row calls removed or in quarantine */
  readonly removed: ReadonlySet<string>
}

/** The index being mirrored. All methods throw UpstreamError. */
export interface Upstream {
  /** without userinfo and without a slash at its end */
  readonly url: string
  /** The PEP 691 list with `_last-serial`, or an HTML one; 'unchanged' when the ETag given still holds. */
  list(etag?: string): Promise<ProjectList | 'unchanged'>
  /** 'gone' when upstream answers 404. @throws UpstreamError 'stale' when older than `serial` */
  metadata(name: string, serial: number): Promise<MetadataDocument | 'gone'>
  /** What `/pypi/<name>/<version>/json` says; 'gone' when upstream has no such document. */
  releaseMetadata(name: string, version: string): Promise<JsonObject | 'gone'>
  /**
   * The page `/simple/<name>/` as JSON (PEP 691) or HTML (PEP 503). 'gone' when upstream answers 404.
   * @throws UpstreamError 'stale' when it has a serial that is older than `serial`
   */
  projectPage(name: string, serial?: number): Promise<ProjectPage | 'gone'>
  /** The provenance object (PEP 740) that a page names; any other answer is an error. */
  provenance(url: string): Promise<Buffer>
  /** XML-RPC `changelog_last_serial`. 'not-offered' when upstream has no such API. */
  lastSerial(): Promise<number | 'not-offered'>
  /** XML-RPC `changelog_since_serial`, all pages; no further than the one that reaches the serial `upTo`. */
  changesSince(serial: number, upTo?: number): Promise<Changes | 'not-offered'>
  /** XML-RPC `list_packages_with_serial`: the list for an index whose PEP 691 list has no serials. */
  listByRpc(): Promise<ProjectList | 'not-offered'>
}
