/// Events that were read and checked and are not yet stored: their text in one buffer, and a small description of each.
///
/// One contiguous buffer and 64 bytes an event, so that a batch of thousands crosses from the event loop to the writer
/// thread without an allocation an event.
package struct EventBatch: Sendable {
    /// Where a text lies in ``bytes``.
    package struct Slice: Sendable {
        package let start: UInt32
        package let count: UInt32

        /// The indices in the buffer.
        package var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }

        static let empty = Slice(start: 0, count: 0)
    }

    /// One event.
    package struct Draft: Sendable {
        /// Decoded text, without quotes and escapes.
        package internal(set) var source = Slice.empty, id = Slice.empty, type = Slice.empty
        /// Decoded text; `account` is empty where the event names none.
        package internal(set) var subject = Slice.empty, account = Slice.empty
        /// The JSON members of the extension attributes, with commas between them, as they were written.
        package internal(set) var extensions = Slice.empty
        /// The JSON object, as it was written; empty where the event has none.
        package internal(set) var data = Slice.empty
        /// When it happened.
        package internal(set) var time = Timestamp(microseconds: 0)
        /// Whether the sender left `time` out, so that it is the moment of receipt.
        package internal(set) var timeIsReceipt = false
        /// A hash of source and id, seeded per process.
        package internal(set) var identity: UInt64 = 0
    }

    /// The text of all drafts.
    package internal(set) var bytes: [UInt8] = []
    /// The events, in the order in which they were sent.
    package internal(set) var drafts: [Draft] = []

    package init() {}

    /// The hash under which an event is known for deduplication.
    package static func identity(source: Span<UInt8>, id: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        unsafe source.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        // A byte that UTF-8 never has, so that no two pairs of source and id run together alike.
        hasher.combine(0xFF as UInt8)
        unsafe id.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) -> Slice {
        let start = bytes.count
        unsafe text.extracting(range).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return Slice(start: UInt32(start), count: UInt32(bytes.count - start))
    }

    mutating func appendDecoded(_ text: Span<UInt8>, _ range: Range<Int>) throws(JSONFault) -> Slice {
        let start = bytes.count
        try JSONText.decode(text, range, into: &bytes)
        return Slice(start: UInt32(start), count: UInt32(bytes.count - start))
    }

    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }
}
