import FoundationEssentials
import Glibc
import Synchronization
import TestSupport

/// The real `journeyd` as a process on a temporary directory.
final class Daemon: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        /// The signal that ended it, where one did.
        var signal: Int32 = 0
    }

    let socketPath: String
    let process: pid_t
    private let errorFile: String
    private let isReaped = Mutex(false)

    /// The folder that holds the programs built together with these tests.
    static var programs: String {
        // The test bundle lies beside the programs; its runner's path is the first argument or this executable.
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for candidate in CommandLine.arguments + [executable] where candidate.contains("/release/") || candidate.contains("/debug/") {
            for mode in ["/release/", "/debug/"] {
                guard let range = candidate.firstRange(of: mode) else { continue }
                return String(candidate[..<range.upperBound])
            }
        }
        return ".build/release/"
    }

    /// Starts a daemon and waits until it answers.
    ///
    /// - Parameters:
    ///   - environment: variables it gets beside those of this process.
    ///   - mayFail: whether it is ready, too, when it says of itself that something is wrong.
    init(_ scratch: Scratch, arguments: [String] = [], environment: [String: String] = [:], mayFail: Bool = false) throws {
        socketPath = scratch.path + "/s"
        errorFile = scratch.path + "/stderr"
        let flags = ["--data", scratch.path + "/data", "--socket", socketPath] + arguments
        process = try Program.spawn(Daemon.programs + "journeyd", flags, standardError: errorFile, environment: environment)
        // Connecting succeeds when the socket listens, and it listens when the daemon answers: each try waits for the kernel only.
        let deadline = ContinuousClock.now + .seconds(30)
        var said = "nothing"
        while ContinuousClock.now < deadline {
            let answer = try? RawConnection(socketPath).request("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            if let answer, answer.status == 200 || mayFail { return }
            if let answer { said = answer.text }
            var status: Int32 = 0
            if unsafe waitpid(process, &status, WNOHANG) == process {
                isReaped.withLock { $0 = true }
                throw Failure(description: "journeyd ended at start: \(log)", signal: status & 0x7F)
            }
            sched_yield()
        }
        throw Failure(description: "journeyd is not well, and says \(said): \(log.suffix(2_000))")
    }

    deinit {
        signal(SIGKILL)
    }

    /// What it wrote to standard error.
    var log: String { (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? "" }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: the exit status, or the negative number of the signal that ended it.
    @discardableResult
    func signal(_ number: Int32) -> Int32 {
        isReaped.withLock { isReaped in
            guard !isReaped else { return 0 }
            kill(process, number)
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
            isReaped = true
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
        }
    }

    func connect() throws -> RawConnection {
        try RawConnection(socketPath)
    }

    /// Asks on a connection of its own.
    func get(_ target: String) throws -> RawConnection.Answer {
        try connect().request("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    /// Posts a body on a connection of its own.
    func post(
        _ body: String, _ type: String = "application/cloudevents+json", to target: String = "/v1/events"
    ) throws -> RawConnection.Answer {
        let head = "POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return try connect().request(head + body)
    }
}

/// Running programs.
enum Program {
    /// Starts a program, with its standard error and output going to files.
    ///
    /// - Parameter descriptor: what it gets as its descriptor 3, if anything.
    static func spawn(
        _ path: String, _ arguments: [String], standardError: String, standardOutput: String = "/dev/null",
        environment: [String: String] = [:], descriptor: Int32? = nil
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, standardError, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let descriptor { unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 3) }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { while let word = unsafe words.popLast() { unsafe free(word) } }
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe merged.map { unsafe strdup($0) } + [nil]
        defer { while let variable = unsafe variables.popLast() { unsafe free(variable) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, nil, &words, &variables)
        guard code == 0 else { throw Daemon.Failure(description: "cannot start \(path): error \(code)") }
        return process
    }

    /// Runs a program to its end.
    ///
    /// - Parameter file: where its standard output goes, if it is not text to be returned.
    static func run(
        _ name: String, _ arguments: [String], in scratch: Scratch, output file: String? = nil
    ) throws -> (status: Int32, output: String, error: String) {
        let (output, error) = (file ?? scratch.path + "/out-\(UUID().uuidString)", scratch.path + "/err-\(UUID().uuidString)")
        let process = try spawn(Daemon.programs + name, arguments, standardError: error, standardOutput: output)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        return ((status >> 8) & 0xFF, file == nil ? text(output) : "", text(error))
    }
}
