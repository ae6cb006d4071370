internal import FoundationEssentials
internal import Glibc
internal import JourneyModel

/// What the system knows of this process, under the names that Prometheus' own clients use.
enum ProcessFigures {
    /// - Parameter startedAt: when the daemon started.
    static func add(startedAt: Timestamp, to text: inout MetricsText) {
        text.add(
            "process_start_time_seconds", .gauge, "When the daemon started, since 1970.", Int(startedAt.microseconds / 1_000_000))
        if let seconds = processorSeconds {
            text.add("process_cpu_seconds_total", .counter, "Processor time used.", [([], seconds)])
        }
        if let (virtual, resident) = memory {
            text.add("process_virtual_memory_bytes", .gauge, "Address space in use, with the maps of files.", virtual)
            text.add("process_resident_memory_bytes", .gauge, "Memory in use, with what is mapped of files.", resident)
        }
        if let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            text.add("process_open_fds", .gauge, "Open descriptors.", descriptors)
        }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            text.add("process_max_fds", .gauge, "Descriptors that may be open.", Int(clamping: limit.rlim_cur))
        }
    }

    private static var processorSeconds: Double? {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return [usage.ru_utime, usage.ru_stime].reduce(0.0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// Bytes of address space, and of memory; proc(5), `statm`.
    private static var memory: (virtual: Int, resident: Int)? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let pages = text.split(separator: " ").compactMap { Int($0) }
        guard pages.count > 1 else { return nil }
        let size = sysconf(Int32(_SC_PAGESIZE))
        return (pages[0] * size, pages[1] * size)
    }
}
