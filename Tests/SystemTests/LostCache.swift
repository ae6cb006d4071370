import FoundationEssentials
import Glibc
import TestSupport

/// A disk that loses what was not flushed: the library of `Tests/LostCache`, and the journal that it keeps.
struct LostCache {
    /// Kinds of flushes that do nothing.
    enum Lie: String {
        case file, dsync, directory
        case all = "1"
    }

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "LostCache")

    /// Where the programs lie that were compiled.
    let library, probe: String
    private let scratch: Scratch

    /// Compiles the library and the probe, with the compiler that the Swift toolchain brings or the system's.
    init() throws {
        scratch = try Scratch()
        (library, probe) = (scratch.path + "/lostcache.so", scratch.path + "/probe")
        try compile(["-shared", "-fPIC", "-o", library, LostCache.sources.path + "/lostcache.c", "-ldl", "-lpthread"])
        try compile(["-o", probe, LostCache.sources.path + "/probe.c"])
    }

    private func compile(_ arguments: [String]) throws {
        let flags = ["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"] + arguments
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let candidates = ["clang", "cc", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
        guard let compiler = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw Daemon.Failure(description: "neither clang, cc nor gcc is in PATH")
        }
        let log = scratch.path + "/compiler"
        let process = try Program.spawn(compiler, flags, standardError: log)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        guard status == 0 else {
            throw Daemon.Failure(description: "\(compiler) \(flags): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
        }
    }

    /// The variables of a program that runs on such a disk.
    ///
    /// - Parameter killAt: inside which of its watched calls it ends itself; never where nil.
    func environment(root: String, journal: String, killAt: Int? = nil, seed: UInt64 = 0, lie: Lie? = nil) throws -> [String: String] {
        try FileManager.default.createDirectory(atPath: journal, withIntermediateDirectories: true)
        var variables = ["LD_PRELOAD": library, "LOSTCACHE_ROOT": root, "LOSTCACHE_JOURNAL": journal, "LOSTCACHE_SEED": "\(seed)"]
        if let killAt { variables["LOSTCACHE_KILL_AT"] = "\(killAt)" }
        if let lie { variables["LOSTCACHE_LIE"] = lie.rawValue }
        return variables
    }
}
