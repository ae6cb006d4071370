package import FoundationEssentials

/// A temporary directory that is removed when its owner goes.
package final class Scratch: Sendable {
    package let url: URL

    package init() throws {
        // Short, as a Unix socket's path in it may have 103 bytes at most.
        url = URL(filePath: "/tmp/j-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    package var path: String { url.path }
}
