/// A row of a CSV file: its fields with quotes resolved.
package struct CSVRow: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init() {}

    /// How many fields there are.
    package var count: Int { ends.count }

    /// The bytes of a field.
    package subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The text of a field, or nil where it is not UTF-8.
    package func text(_ index: Int) -> String? {
        String(validating: self[index], as: UTF8.self)
    }

    /// The texts of all fields, with U+FFFD for what is not UTF-8: for the header.
    package var texts: [String] {
        (0..<count).map { String(decoding: self[$0], as: UTF8.self) }
    }

    /// Bytes of all fields so far, the unfinished one included.
    var size: Int { bytes.count }

    /// Bytes of the unfinished field.
    var sizeOfLastField: Int { bytes.count - (ends.last ?? 0) }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func endField() {
        ends.append(bytes.count)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
