internal import Glibc

/// Whether this process gets anywhere: it has used the processor or the disk.
///
/// A start or a stop that takes long is given more time for as long as it works; one that hangs is not.
package struct ProcessActivity: Sendable {
    private static let leastMicroseconds = 1_000

    private var microseconds = 0
    private var blocks = 0

    /// Begins to watch now.
    package init() {
        _ = moved()
    }

    /// Whether anything was done since the last call.
    package mutating func moved() -> Bool {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return false }
        let microseconds = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + $1.tv_sec * 1_000_000 + Int($1.tv_usec) }
        let blocks = usage.ru_inblock + usage.ru_oublock
        defer { (self.microseconds, self.blocks) = (microseconds, blocks) }
        return microseconds - self.microseconds >= ProcessActivity.leastMicroseconds || blocks > self.blocks
    }
}
