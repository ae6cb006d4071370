package import LMDB

/// Why the log cannot do what was asked.
package enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No room: the quota, the map or the file system is full. Reads go on; appends succeed again when there is room.
    case full(String)
    /// The device failed while writing. The log takes no more events until the daemon is started again.
    case readOnly(String)
    /// A stored record is not what was written.
    case damaged(position: UInt64, reason: String)
    /// Another process works on the directory.
    case inUse(String)
    /// More waits to be written than the queue may hold.
    case overloaded
    /// The log was closed.
    case closed
    /// The directory or a file in it cannot be used.
    case unusable(String)
    /// Any other failure of the storage engine.
    case storage(LMDBError)

    package var description: String {
        switch self {
        case .full(let reason): "the log is full: \(reason)"
        case .readOnly(let reason): "the log is read-only: \(reason)"
        case .damaged(let position, let reason): "the event at position \(position) is damaged: \(reason)"
        case .inUse(let by): by
        case .overloaded: "too many events wait to be written"
        case .closed: "the log is closed"
        case .unusable(let reason): reason
        case .storage(let error): "\(error)"
        }
    }

    init(_ error: LMDBError) {
        switch error.kind {
        case .full: self = .full("\(error)")
        case .inputOutput: self = .readOnly("\(error)")
        default: self = .storage(error)
        }
    }
}
