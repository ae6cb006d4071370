import Glibc

/// How often a device can be flushed.
enum FlushRate {
    static func measure(in directory: String, seconds: Double) throws -> Double {
        let path = "\(directory)/flush"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw Failure(description: "cannot write to \(directory)") }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4096)
        let start = now()
        var count = 0
        while now() - start < seconds {
            write(file, page, page.count)
            fdatasync(file)
            count += 1
        }
        return Double(count) / (now() - start)
    }
}
