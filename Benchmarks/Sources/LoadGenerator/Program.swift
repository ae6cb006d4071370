import Glibc

/// A program that was started.
final class Program {
    let process: pid_t
    private var isReaped = false

    init(_ path: String, _ arguments: [String], standardOutput: String, standardError: String = "/dev/null") throws {
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, standardError, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var process: pid_t = 0
        guard posix_spawn(&process, path, &actions, nil, &words, environ) == 0 else {
            throw Failure(description: "cannot start \(path)")
        }
        self.process = process
    }

    deinit {
        end(SIGKILL)
    }

    /// Asks it to stop, and waits until it has.
    func stop() { end(SIGTERM) }

    func kill() { end(SIGKILL) }

    private func end(_ signal: Int32) {
        guard !isReaped else { return }
        Glibc.kill(process, signal)
        try? wait()
    }

    func wait() throws {
        guard !isReaped else { return }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        isReaped = true
        guard status & 0xFF00 == 0 else { throw Failure(description: "a program ended with status \(status >> 8 & 0xFF)") }
    }

    /// The path of a program that the shell would find.
    static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

/// Small files.
enum File {
    static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw Failure(description: "cannot read \(path)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = buffer.withUnsafeMutableBytes({ Glibc.read(file, $0.baseAddress, $0.count) }), count > 0 {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
