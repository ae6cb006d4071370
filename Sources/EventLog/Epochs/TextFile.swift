internal import FoundationEssentials
internal import Glibc
internal import JourneyModel

/// A small file of `name value` lines with a checksum in the last: seals and the like, which an administrator may want to read.
///
///     journeyd seal 1
///     epoch 3
///     first 500001
///     checksum 9a3f01bc        CRC-32C of all before this line
///
/// Written whole under another name, flushed and renamed, so that it is there in full or not at all.
struct TextFile {
    static let maximumSize = 64 << 10

    private(set) var lines: [(name: String, value: String)] = []

    init() {}

    /// Reads the file of this kind at `path`, or returns nil where there is none.
    ///
    /// - Parameter maximum: bytes that are read at most.
    /// - Throws: ``LogError/unusable(_:)`` where it cannot be read, is of another kind, or its checksum does not match.
    init?(path: String, kind: String, maximum: Int = maximumSize) throws(LogError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unusable("cannot open \(path): \(SystemError.last)")
        }
        defer { Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximum)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw .unusable("cannot read \(path): \(SystemError.last)") }
        bytes.removeLast(bytes.count - count)
        try self.init(bytes, path: path, kind: kind)
    }

    /// Reads the bytes of a file.
    ///
    /// - Parameter path: what to call it in an error.
    init(_ bytes: [UInt8], path: String, kind: String) throws(LogError) {
        let damaged = LogError.unusable("\(path) is damaged; restore it from a backup")
        // The checksum's line has a fixed length: "checksum ", eight digits, a line feed.
        guard bytes.count > 18 else { throw damaged }
        let (body, last) = (Array(bytes.dropLast(18)), bytes.suffix(18))
        let checksum = unsafe body.withUnsafeBytes { unsafe Checksum.plain($0) }
        guard Array(last) == Array("checksum \(checksum.hexadecimal)\n".utf8) else { throw damaged }
        var isFirst = true
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n") {
            if isFirst {
                guard line == "journeyd \(kind) 1" else { throw .unusable("\(path) is not a \(kind) of this version: \(line)") }
                isFirst = false
                continue
            }
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { throw damaged }
            lines.append((String(parts[0]), String(parts[1])))
        }
    }

    subscript(name: String) -> String? {
        lines.first { $0.name == name }?.value
    }

    mutating func add(_ name: String, _ value: some CustomStringConvertible) {
        lines.append((name, value.description))
    }

    /// Writes the file durably: a crash leaves the old one, or the new one.
    func write(to path: String, kind: String) throws(LogError) {
        try DurableFile.replace(path, with: bytes(kind: kind))
    }

    /// The bytes of the file.
    func bytes(kind: String) -> [UInt8] {
        var text = "journeyd \(kind) 1\n"
        for line in lines { text += "\(line.name) \(line.value)\n" }
        let body = Array(text.utf8)
        let checksum = unsafe body.withUnsafeBytes { unsafe Checksum.plain($0) }
        return body + Array("checksum \(checksum.hexadecimal)\n".utf8)
    }
}

/// What errno says.
enum SystemError {
    static var last: String { unsafe String(cString: strerror(errno)) }
}
