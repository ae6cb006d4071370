internal import JourneyModel

/// A part of a question and where it is in it; what is wrong with it is collected, so that one answer names every fault.
///
/// Reading is total: a part that is wrong reads as nil, and its fault is kept.
struct QuestionPart {
    /// The faults of one question.
    final class Faults {
        private(set) var list: [Violation] = []
        // More help nobody.
        private static let maximum = 32

        func add(_ pointer: String, _ detail: String) {
            if list.count < Faults.maximum { list.append(Violation(pointer: pointer, detail: detail, code: "invalid-question")) }
        }
    }

    let value: JSONValue
    let pointer: String
    let faults: Faults

    /// Says what is wrong with this part.
    func fault(_ detail: String) {
        faults.add(pointer, detail)
    }

    /// The member of this name; nil where there is none.
    subscript(name: String) -> QuestionPart? {
        value[name].map { part($0, name) }
    }

    /// All members; a fault where it is not an object.
    func members(_ meaning: String) -> [(name: String, part: QuestionPart)] {
        guard let members = value.members else {
            fault("must be an object: \(meaning)")
            return []
        }
        var seen: Set<String> = []
        for member in members where !seen.insert(member.name).inserted { part(member.value, member.name).fault("is there twice") }
        return members.map { ($0.name, part($0.value, $0.name)) }
    }

    /// Faults for members that are not among `names`.
    func allow(_ names: [String], _ meaning: String) {
        for (name, part) in members(meaning) where !names.contains(name) {
            part.fault("is not known here; known are \(names.joined(separator: ", "))")
        }
    }

    /// The elements of an array; a fault where it is none, or has too many or too few.
    func elements(_ counts: ClosedRange<Int>, _ meaning: String) -> [QuestionPart] {
        guard let elements = value.elements, counts.contains(elements.count) else {
            let found = value.elements.map { ", not of \($0.count)" } ?? ""
            let wanted = counts.lowerBound == counts.upperBound ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
            fault("must be an array of \(wanted) \(meaning)\(found)")
            return []
        }
        return elements.enumerated().map { part($1, String($0)) }
    }

    /// The text, which must have something in it.
    func text(_ meaning: String) -> String? {
        guard let text = value.text, !text.isEmpty else {
            fault("must be text: \(meaning)")
            return nil
        }
        return text
    }

    /// One of a few words.
    func word<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> Word? where Word.RawValue == String {
        guard let word = value.text.flatMap(Word.init) else {
            fault("must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }

    /// A whole number within bounds.
    func integer(_ bounds: ClosedRange<Int>, _ meaning: String) -> Int? {
        guard let number = value.integer, bounds.contains(number) else {
            fault("must be a whole number from \(bounds.lowerBound) to \(bounds.upperBound): \(meaning)")
            return nil
        }
        return number
    }

    /// True or false.
    func flag() -> Bool? {
        guard case .bool(let flag) = value else {
            fault("must be true or false")
            return nil
        }
        return flag
    }

    /// A date or date-time.
    func moment() -> Timestamp? {
        guard let moment = value.text.flatMap({ Timestamp($0) }) else {
            fault("must be a date or date-time such as 2026-03-01 or 2026-03-01T09:30:00Z")
            return nil
        }
        return moment
    }

    /// A length of time above zero, in microseconds.
    func span() -> Int64? {
        let found: Int64? =
            switch value {
            case .string(let text): TimeSpan(text)?.microseconds
            case .number(let text): QuestionPart.microseconds(text)
            default: nil
            }
        guard let found, 1...TimeSpan.maximumMicroseconds ~= found else {
            fault(
                "must be a length of time above zero and of at most a hundred years: an ISO 8601 duration such as P30D or PT36H, or seconds"
            )
            return nil
        }
        return found
    }

    private static func microseconds(_ seconds: String) -> Int64? {
        guard let seconds = Double(seconds), abs(seconds) < 1e10 else { return nil }
        return Int64((seconds * 1_000_000).rounded())
    }

    private func part(_ value: JSONValue, _ name: String) -> QuestionPart {
        // RFC 6901: the two characters that mean something in a pointer.
        let escaped = name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        return QuestionPart(value: value, pointer: pointer + "/" + escaped, faults: faults)
    }
}
