internal import FoundationEssentials
internal import Glibc

/// The stored record of one event, of which a bit is flipped on the disk, and flipped back.
package struct DamagedRecord: Sendable {
    private let places: [(file: String, offset: Int)]

    /// Finds the record in the epochs of a log that has stored it there.
    ///
    /// - Parameters:
    ///   - data: the data directory.
    ///   - id: of an event whose type and source are no new names.
    package init(_ data: String, id: String, subject: String) throws {
        // A header ends with zeros where there are no extensions; behind it come the two texts.
        let wanted = [0, 0] + Array("\(id)\(subject)".utf8)
        var places: [(file: String, offset: Int)] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: data + "/log") where name.hasSuffix("data.mdb") {
            let file = "\(data)/log/\(name)"
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
            for start in bytes.indices.dropLast(wanted.count) where bytes[start] == 0 && bytes[start + 2] == wanted[2] {
                if bytes[start...].starts(with: wanted) { places.append((file, start + 2)) }
            }
        }
        guard !places.isEmpty else { throw Missing(id: id) }
        self.places = places
    }

    private struct Missing: Error {
        let id: String
    }

    /// Damages the record, or mends what was damaged.
    package func flip() throws {
        for (file, offset) in places {
            let descriptor = unsafe open(file, O_RDWR | O_CLOEXEC)
            defer { close(descriptor) }
            var byte: UInt8 = 0
            guard unsafe pread(descriptor, &byte, 1, offset) == 1 else { throw Missing(id: file) }
            byte ^= 1
            guard unsafe pwrite(descriptor, &byte, 1, offset) == 1 else { throw Missing(id: file) }
        }
    }
}
