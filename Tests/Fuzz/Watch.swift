import FoundationEssentials
import Glibc
import Synchronization

/// Tells which input this process died of, or hangs on.
enum Watch {
    private static let current = Atomic(0)
    private static let seed = Atomic(UInt64(0))
    private static let stillSeconds: UInt32 = 30

    /// Begins to watch.
    static func begin(seed number: UInt64) {
        seed.store(number, ordering: .relaxed)
        current.store(0, ordering: .relaxed)
        // A stack that overflowed has no room for a handler.
        var stack = unsafe stack_t()
        unsafe stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)
        unsafe stack.ss_size = 65_536
        unsafe sigaltstack(&stack, nil)
        for fatal in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                Watch.say("crash")
                _ = signal(number, SIG_DFL)
                raise(number)
            }
            action.sa_flags = Int32(SA_ONSTACK)
            unsafe sigaction(fatal, &action, nil)
        }
        _ = signal(SIGALRM) { _ in
            Watch.say("hang")
            _exit(3)
        }
    }

    /// Notes that an input's turn has come.
    static func at(_ number: Int) {
        current.store(number, ordering: .relaxed)
        if number & 63 == 0 { alarm(stillSeconds) }
    }

    /// Bytes of memory that are this process's own and backed by no file.
    static var ownMemory: Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Only what is allowed in a signal's handler.
    private static func say(_ what: StaticString) {
        write(what)
        write(" at input ")
        write(UInt64(current.load(ordering: .relaxed)))
        write(" of seed ")
        write(seed.load(ordering: .relaxed))
        write("\n")
    }

    private static func write(_ text: StaticString) {
        _ = unsafe Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount)
    }

    private static func write(_ number: UInt64) {
        if number >= 10 { write(number / 10) }
        var digit = UInt8(ascii: "0") + UInt8(number % 10)
        _ = unsafe Glibc.write(2, &digit, 1)
    }
}
