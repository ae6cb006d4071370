import FoundationEssentials
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
        try Compiler.compile(["-shared", "-fPIC", "-o", library, LostCache.sources.path + "/lostcache.c", "-ldl", "-lpthread"], scratch)
        try Compiler.compile(["-o", probe, LostCache.sources.path + "/probe.c"], scratch)
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
