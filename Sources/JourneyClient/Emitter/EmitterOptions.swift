/// How an ``Emitter`` collects, keeps and sends events.
public struct EmitterOptions: Sendable {
    /// What becomes of an event for which there is no room.
    public enum Overflow: Sendable {
        /// Its caller waits until there is.
        case wait
        /// Its caller gets ``EmitterError/full``.
        case refuse
    }

    /// Longest event, in bytes: what the daemon takes, and some more, so that the daemon says what is wrong with it.
    public static let longestEvent = 128 << 10

    /// Most events of one request.
    public var batchEvents = 1_000
    /// Most bytes of one request, unless a single event has more.
    public var batchBytes = 1 << 20
    /// How long an event may wait for others to be sent with it.
    public var linger = Duration.milliseconds(20)
    /// Most events that wait, where there is no spool.
    public var memoryEvents = 50_000
    /// Most bytes of events that wait, where there is no spool.
    public var memoryBytes = 32 << 20
    /// What becomes of an event for which there is no room.
    public var overflow = Overflow.wait
    /// The pause after the first failure in a row; each further one doubles it. A random part of up to a half is taken off.
    public var firstPause = Duration.milliseconds(100)
    /// The longest pause between tries.
    public var longestPause = Duration.seconds(30)
    /// How long the daemon may take to answer before the request counts as lost.
    public var answerTimeout = Duration.seconds(60)
    /// Where events wait on disk. Without one they wait in memory, and are gone with the process.
    public var spool: SpoolOptions?
    /// Called with each event that the daemon will never take, on no particular thread; it must return soon.
    public var onRejection: (@Sendable (RejectedEvent) -> Void)?

    /// The options above.
    public init() {}
}

/// A directory in which events wait.
public struct SpoolOptions: Sendable {
    /// When what was written is forced to the device.
    public enum Flush: Sendable {
        /// Never: events outlive the process, but those of the last seconds may be lost when the machine loses power.
        case never
        /// Before `emit` returns: they outlive a loss of power as well. One flush for all events of a call.
        case eachEmit
    }

    /// The directory, of one emitter alone; made where it is missing, for this user only.
    public var directory: String
    /// Most bytes of events that wait in it. What was sent already may take ``segmentBytes`` more.
    public var bytes = 256 << 20
    /// When what was written is forced to the device.
    public var flush = Flush.never
    /// Bytes after which the next file begins; a file goes when all of it was sent.
    public var segmentBytes = 4 << 20
    /// Most bytes of the file of rejected events. When it is full it becomes `rejected.old.ndjson`, and the one before that goes.
    public var rejectedBytes = 16 << 20

    /// A spool in `directory`.
    public init(directory: String) {
        self.directory = directory
    }
}

/// An event that the daemon will never take, and why.
public struct RejectedEvent: Equatable, Sendable {
    /// The event as it was sent.
    public let json: [UInt8]
    /// The daemon's stable code, such as `invalid-event` or `conflicting-duplicate`; `damaged` for what could not be read from the spool.
    public let code: String
    /// What is wrong with it.
    public let detail: String
}

/// How an ``Emitter`` does.
public struct EmitterStatus: Equatable, Sendable {
    /// Events that wait or are being sent.
    public internal(set) var waiting = 0
    /// Their bytes.
    public internal(set) var waitingBytes = 0
    /// Events that the daemon has stored since the emitter began, or had stored before.
    public internal(set) var stored = 0
    /// Events that were set aside.
    public internal(set) var rejected = 0
    /// Failed tries in a row.
    public internal(set) var failures = 0
    /// Why the last try failed; nil after one that did not.
    public internal(set) var trouble: String?
}

/// Why an event was not taken by an ``Emitter``.
public enum EmitterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is no event.
    case invalidEvent(reason: String)
    /// There is no room for it.
    case full
    /// The emitter was closed, or does not run any more.
    case closed
    /// The spool belongs to another emitter.
    case spoolInUse(directory: String)
    /// The spool cannot be used.
    case spool(path: String, reason: String)

    /// The error as a sentence for people.
    public var description: String {
        switch self {
        case .invalidEvent(let reason): "not an event: \(reason)"
        case .full: "too many events wait for journeyd: is it running?"
        case .closed: "the emitter is closed"
        case .spoolInUse(let directory): "another process uses the spool \(directory): give each emitter a directory of its own"
        case .spool(let path, let reason): "the spool cannot be used: \(path): \(reason)"
        }
    }
}
