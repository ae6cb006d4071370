import FoundationEssentials
import Glibc
import Synchronization

/// The daemon: started, ended in good order or not, and looked at.
final class SoakDaemon {
    /// What a look at the process found.
    struct Sample {
        /// Seconds of this life.
        let second: Double
        let memory: Int
        let descriptors: Int
    }

    private let program: String
    private let directory: String
    private let state: SoakState
    private var process: pid_t = 0
    private var started = ContinuousClock.now
    /// Seconds from each start until it answered.
    private(set) var starts: [Double] = []
    /// The samples of each life.
    private(set) var lives: [[Sample]] = []

    init(_ program: String, _ directory: String, _ state: SoakState) {
        (self.program, self.directory, self.state) = (program, directory, state)
    }

    deinit {
        if process > 0 { kill(process, SIGKILL) }
    }

    func start() throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 2, directory + "/stderr", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let arguments = [program, "--data", directory + "/data", "--socket", state.socket]
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { while let word = unsafe words.popLast() { unsafe free(word) } }
        started = .now
        guard unsafe posix_spawn(&process, program, &actions, nil, &words, environ) == 0 else {
            throw SoakFailure(description: "cannot start \(program)")
        }
        while true {
            if let answer = try? SoakConnection(state.socket).request("GET /healthz HTTP/1.1"), answer.status == 200 { break }
            guard waitpid(process, nil, WNOHANG) == 0 else {
                throw SoakFailure(description: "journeyd ended: see \(directory)/stderr")
            }
            usleep(2_000)
        }
        starts.append(started.duration(to: .now) / .seconds(1))
        lives.append([])
    }

    /// Ends it and waits until it is gone.
    func end(_ signal: Int32) throws {
        var status: Int32 = 0
        kill(process, signal)
        unsafe waitpid(process, &status, 0)
        process = 0
        guard signal == SIGKILL || status == 0 else { throw SoakFailure(description: "journeyd ended with status \(status) after SIGTERM") }
    }

    func look() {
        let sample = Sample(
            second: started.duration(to: .now) / .seconds(1), memory: SoakDaemon.memory(process),
            descriptors: SoakDaemon.descriptors(process))
        lives[lives.count - 1].append(sample)
    }

    var position: Int {
        get throws {
            let answer = try SoakConnection(state.socket).request("GET /v1/status HTTP/1.1")
            let text = String(decoding: answer.body, as: UTF8.self)
            guard let start = text.firstRange(of: #""position":"#)?.upperBound else { throw SoakFailure(description: text) }
            return Int(text[start...].prefix { $0.isNumber }) ?? 0
        }
    }

    /// Bytes that no file backs.
    private static func memory(_ process: pid_t) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return 0 }
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    private static func descriptors(_ process: pid_t) -> Int {
        guard let directory = unsafe opendir("/proc/\(process)/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = -2
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }
}

/// Why the run cannot go on.
struct SoakFailure: Error, CustomStringConvertible {
    let description: String
}
