import ControlInterface
import EventLog
import Glibc
import JourneyModel
import JourneyServer
import Logging
import Questions
import TestSupport
import Timelines
import Views

/// A daemon in this process: what its parts come to with an input, this process comes to.
final class House {
    let interface: ControlInterface
    let emission: EmissionLimit
    private let scratch: Scratch
    private let log: EventLog
    private let views: JourneyViews
    private let columns: JourneyColumns
    private let kept: KeptViews
    private let server: JourneyServer
    private let socketPath: String
    private static let answerSeconds = 20
    private static let storedEvents = 24

    init(events: [[UInt8]]) async throws {
        scratch = try Scratch(isVolatile: true)
        socketPath = scratch.path + "/s"
        let directory = try DataDirectory(path: scratch.path + "/data")
        log = try EventLog(directory: directory)
        views = try JourneyViews(log: log, map: .shipped(), directory: directory)
        columns = JourneyColumns(log: log)
        kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        let caller = Caller(user: geteuid(), groups: [])
        interface = ControlInterface(
            log: log, views: views, kept: kept, columns: columns, catalogue: try .shipped(),
            access: AccessPolicy(trusted: [0, caller.user]), version: "fuzz")
        emission = interface.access.emission(caller)
        let socket = try ListeningSocket(path: socketPath, mode: 0o600)
        var logger = Logger(label: "fuzz")
        logger.logLevel = .critical
        server = try await JourneyServer(socket: socket, interface: interface, logger: logger)
        var batch = EventBatch()
        let reader = EventReader(catalogue: try .shipped())
        // Few, as what questions cost grows with the kinds of events there are.
        for event in events.prefix(House.storedEvents) { try reader.read(event.span, receivedAt: Timestamp(microseconds: 0), into: &batch) }
        _ = try await log.appendAndWait(batch, isAtomic: false).get()
    }

    func close() async {
        await server.close()
        log.close()
        kept.close()
        views.close()
        columns.close()
    }

    /// Sends bytes on a connection of their own, ends the sending, and reads what comes.
    ///
    /// - Returns: whether the first answer is one of success.
    func exchange(_ input: [UInt8]) throws -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var limit = timeval(tv_sec: House.answerSeconds, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard connect(descriptor) else { throw Trial.Broken(description: "cannot connect: error \(errno)") }
        var sent = 0
        while sent < input.count {
            let count = unsafe input[sent...].withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // The daemon may have answered and closed before all came.
            guard count > 0 else { break }
            sent += count
        }
        shutdown(descriptor, Int32(SHUT_WR))
        return try read(descriptor)
    }

    private func connect(_ descriptor: Int32) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: socketPath.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        } == 0
    }

    /// Reads to the end; of an answer without end, its beginning.
    private func read(_ descriptor: Int32) throws -> Bool {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EAGAIN {
                throw Trial.Broken(description: "neither an answer nor an end came within \(House.answerSeconds) s")
            }
            guard count > 0 else { break }
            if answer.count < 4096 { answer += buffer[..<min(count, 4096)] }
            if answer.firstRange(of: Array("text/event-stream".utf8)) != nil { break }
            if answer.firstRange(of: Array("application/x-ndjson".utf8)) != nil { break }
        }
        let head = String(decoding: answer.prefix(12), as: UTF8.self)
        guard answer.isEmpty || head.hasPrefix("HTTP/1.1 ") else { throw Trial.Broken(description: "the answer begins with \(head)") }
        guard !head.hasPrefix("HTTP/1.1 500") else { throw Trial.Broken(description: String(decoding: answer.prefix(1000), as: UTF8.self)) }
        return head.hasPrefix("HTTP/1.1 2")
    }
}
