internal import JourneyModel

/// Which types of events a caller may emit.
package struct EmissionLimit: Sendable {
    private let user: UInt32
    // Nil for all types.
    private let patterns: [TypePattern]?

    init(user: UInt32, patterns: [String]?) {
        self.user = user
        self.patterns = patterns?.map { TypePattern($0) }
    }

    /// Why the draft may not be stored, if so.
    func refusal(_ draft: EventBatch.Draft, _ batch: EventBatch) -> String? {
        guard let patterns else { return nil }
        let type = batch.bytes[draft.type.range]
        guard !patterns.contains(where: { $0.matches(type) }) else { return nil }
        let allowed = patterns.map(\.text).joined(separator: ", ")
        return "user \(user) may not emit \(String(decoding: type, as: UTF8.self)), only \(allowed)"
    }
}

/// A type, or all that begin alike where it ends in `.*`.
struct TypePattern: Sendable {
    let text: String
    private let bytes: [UInt8]
    private let isPrefix: Bool

    init(_ text: String) {
        self.text = text
        isPrefix = text.hasSuffix(".*")
        bytes = Array(isPrefix ? text.utf8.dropLast() : text.utf8[...])
    }

    func matches(_ type: some Collection<UInt8>) -> Bool {
        isPrefix ? type.starts(with: bytes) : type.elementsEqual(bytes)
    }
}
