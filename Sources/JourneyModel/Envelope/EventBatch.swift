/// Events that were read and checked and are not yet stored: their text in one buffer, and a small description of each.
///
/// One contiguous buffer and 80 bytes an event, so that a batch of thousands crosses from the event loop to the writer
/// thread without an allocation an event.
package struct EventBatch: Sendable {
    /// Where a text lies in ``bytes``.
    package struct Slice: Sendable {
        package let start: UInt32
        package let count: UInt32

        /// The indices in the buffer.
        @inlinable package var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }

        static let empty = Slice(start: 0, count: 0)

        private init(start: UInt32, count: UInt32) {
            (self.start, self.count) = (start, count)
        }

        init(_ range: Range<Int>, movedBy offset: Int) {
            self.init(start: range.isEmpty ? 0 : UInt32(range.lowerBound + offset), count: UInt32(range.count))
        }
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
        /// Whether its data breaks the schema of its type, and it is taken all the same.
        package internal(set) var isQuarantined = false
        /// Whether the subject's or the account's name tells who a person is.
        package internal(set) var namesPerson = false
        // Which of the batch's personal values are this event's.
        var firstPersonal: UInt32 = 0
        var personalCount: UInt32 = 0

        /// Whether anything of the event says something about a person.
        package var isPersonal: Bool { namesPerson || personalCount > 0 }
    }

    /// The events as they were written, and behind each what its texts are without escapes, where they had some.
    package internal(set) var bytes: [UInt8] = []
    /// Where the values stand that say something about a person, for all drafts.
    var personal: [Slice] = []
    /// The events, in the order in which they were sent.
    package internal(set) var drafts: [Draft] = []

    // The type of the event before, and what the catalogue says of it.
    private(set) var lastType = Slice.empty
    private(set) var lastSchema: Schema?

    /// How many of them are in quarantine.
    package internal(set) var quarantined = 0
    /// The source of the event that was refused last, where it could be read.
    package var refusedSource: [UInt8]?

    /// Begins empty, with room for as much as `other` has, or for none.
    package init(roomLike other: EventBatch? = nil) {
        guard let other else { return }
        bytes.reserveCapacity(other.bytes.count)
        drafts.reserveCapacity(other.drafts.count)
    }

    /// Takes room for `count` bytes of text.
    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Adds text.
    ///
    /// - Returns: where it begins.
    mutating func append(_ text: Span<UInt8>) -> Int {
        let start = bytes.count
        unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return start
    }

    /// The values of a draft's data that say something about a person, in the order of the text; JSON as it was written.
    package func personalValues(_ draft: Draft) -> ArraySlice<Slice> {
        personal[Int(draft.firstPersonal)..<Int(draft.firstPersonal + draft.personalCount)]
    }

    /// Adds an event whose text is there.
    mutating func append(_ draft: Draft, _ schema: Schema?) {
        if draft.isQuarantined { quarantined += 1 }
        drafts.append(draft)
        (lastType, lastSchema) = (draft.type, schema)
    }

    /// Takes the last event back; its text stays, of no use, until the batch goes.
    package mutating func dropLast() {
        let last = drafts.removeLast()
        if last.isQuarantined { quarantined -= 1 }
        refusedSource = Array(bytes[last.source.range])
    }
}
