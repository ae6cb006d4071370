package import FoundationEssentials

/// A temporary directory that is removed when its owner goes.
package final class Scratch: Sendable {
    package let url: URL

    /// - Parameter isVolatile: whether it may lie in memory, where a flush costs nothing: for tests that are not about flushes.
    package init(isVolatile: Bool = false) throws {
        let root = isVolatile && FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        // Short, as a Unix socket's path in it may have 103 bytes at most.
        url = URL(filePath: "\(root)/j-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    package var path: String { url.path }
}
