package import JourneyModel

/// A reader of the log by name, whose position the daemon keeps: it goes on where it was, however it ended.
package struct Consumer: Equatable, Sendable {
    /// Its name: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit.
    package let name: String
    package let filter: ConsumerFilter
    /// When it was made.
    package let createdAt: Timestamp
    /// The uid of who made it.
    package let creator: UInt32
    /// The last position that it has acknowledged; what is behind it will be sent.
    package internal(set) var position: Position
    /// When it last acknowledged; nil where it has not yet.
    package internal(set) var acknowledgedAt: Timestamp?

    package init(name: String, filter: ConsumerFilter, start: Position, creator: UInt32, at moment: Timestamp = .now) {
        (self.name, self.filter, position, self.creator, createdAt) = (name, filter, start, creator, moment)
    }

    /// Most letters of a name.
    package static let maximumName = 64

    /// What is wrong with `name` as a name; nil where it is one.
    package static func fault(inName name: String) -> String? {
        let isShort = 1...maximumName ~= name.utf8.count
        let isWord = name.utf8.allSatisfy { isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0) }
        guard isShort, isWord, let first = name.utf8.first, isLetterOrDigit(first) else {
            return "is not 1 to \(maximumName) letters, digits, '.', '_' and '-', the first of them a letter or digit"
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

extension Consumer {
    /// Its stored form: what it is as JSON.
    var stored: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", name)
            writer.key("filter")
            filter.write(to: &writer)
            writer.member("createdat", createdAt.text)
            writer.member("creator", creator)
            writer.member("position", position)
            writer.member("acknowledgedat", acknowledgedAt?.text)
        }
        return writer.bytes
    }

    /// Reads a stored form; nil where it is none.
    init?(stored: Span<UInt8>) {
        guard let value = try? JSONValue(stored), let name = value["name"]?.text, Consumer.fault(inName: name) == nil,
            let createdAt = value["createdat"]?.text.flatMap({ Timestamp($0) }),
            let creator = value["creator"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let position = value["position"]?.integer.flatMap({ Position(exactly: $0) })
        else { return nil }
        self.init(name: name, filter: ConsumerFilter(value["filter"]), start: position, creator: creator, at: createdAt)
        acknowledgedAt = value["acknowledgedat"]?.text.flatMap { Timestamp($0) }
    }
}
