import Glibc

/// The program that reads copies of a log, and the channel to it.
final class DamageProbeProcess {
    private let process: pid_t
    private let channel: Int32
    private var received: [UInt8] = []

    /// Starts it on the sound log and waits until it has read that.
    init(_ sound: String, errors: String) throws {
        // A pair of sockets and not two pipes: it can be kept from other children from the beginning.
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Daemon.Failure(description: "no pair of sockets")
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let program = Daemon.programs + "DamageProbe"
        var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup(program), strdup(sound), nil]
        defer { while let word = unsafe words.popLast() { unsafe free(word) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, program, &actions, nil, &words, environ)
        close(ends[1])
        (self.process, channel) = (process, ends[0])
        guard code == 0 else { throw Daemon.Failure(description: "cannot start \(program): error \(code)") }
        let ready = line()
        guard ready?.hasPrefix("ready") == true else {
            throw Daemon.Failure(description: "the probe cannot read the sound log: \(ready ?? "it ended")")
        }
    }

    deinit {
        close(channel)
        kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
    }

    /// What becomes of the log in `directory`; nil where the program crashed or did not answer within two minutes.
    func verdict(_ directory: String) -> String? {
        let bytes = Array("\(directory)\n".utf8)
        // A probe that is gone is seen by what it does not answer.
        _ = unsafe send(channel, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return line()
    }

    private func line() -> String? {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            var descriptor = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&descriptor, 1, 120_000) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(channel, $0.baseAddress, $0.count) }
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }
}
