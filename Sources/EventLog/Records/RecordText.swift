internal import JourneyModel

/// The texts of an event as a record is to hold them, in one buffer.
///
/// What says nothing about a person is stored as it was sent, out of the batch's own buffer; anything else with pseudonyms, and the originals sealed.
struct RecordText {
    let type, source, id, subject, account, extensions, data: Range<Int>
    /// The sealed originals; empty where there are none.
    let sealed: Range<Int>
    let time: Timestamp
    let timeIsReceipt: Bool
    var subjectIsPseudonym = false
    var accountIsPseudonym = false

    /// The texts of `draft` in its batch.
    init(_ draft: EventBatch.Draft) {
        (type, source, id, subject) = (draft.type.range, draft.source.range, draft.id.range, draft.subject.range)
        (account, extensions, data) = (draft.account.range, draft.extensions.range, draft.data.range)
        (time, timeIsReceipt) = (draft.time, draft.timeIsReceipt)
        sealed = 0..<0
    }

    /// The texts of `draft`, what is personal of them sealed, in `buffer`, which they replace.
    init(_ draft: EventBatch.Draft, of bytes: [UInt8], _ seal: SealedText, into buffer: inout [UInt8]) {
        var gathered: [UInt8] = []
        func add(_ text: some Collection<UInt8>) -> Range<Int> {
            let start = gathered.count
            gathered.append(contentsOf: text)
            return start..<gathered.count
        }
        (type, source, id) = (add(bytes[draft.type.range]), add(bytes[draft.source.range]), add(bytes[draft.id.range]))
        (subject, account) = (add(seal.texts.subject), add(seal.texts.account))
        (extensions, sealed, data) = (add(bytes[draft.extensions.range]), add(seal.sealed), add(seal.texts.data))
        (time, timeIsReceipt) = (draft.time, draft.timeIsReceipt)
        (subjectIsPseudonym, accountIsPseudonym) = (seal.hasSubject, seal.hasAccount)
        buffer = gathered
    }
}
