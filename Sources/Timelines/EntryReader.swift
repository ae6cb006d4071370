internal import EventLog
internal import JourneyModel

/// The fields of an event's `data` that timelines keep, found in one walk over its members.
struct DataFields {
    /// By the map's dimension: where the string value stands.
    var dimensions: [Range<Int>?]
    var minor: Int64?
    var currency: UInt32 = 0
    var holder: Department?
    /// By the map's rules: whether the rule's condition field is present, and whether it has the asked-for value.
    var conditionPresent: UInt64 = 0
    var conditionMet: UInt64 = 0

    private static let maximumValue = 256

    /// Reads `data`, which was checked when it came in.
    init(_ bytes: Span<UInt8>, _ data: Range<Int>, map: FieldMap, rules: [Int]) {
        dimensions = Array(repeating: nil, count: map.dimensions.count)
        guard !data.isEmpty else { return }
        var index = data.lowerBound
        // The text is JSON: it passed the reader before it was stored, and its checksum is right.
        try? JSONScanner.members(bytes, &index, depth: 0) { (key, index) throws(JSONFault) in
            let start = index
            let first = bytes[index]
            if first == UInt8(ascii: "{"), map.money.equals(bytes, key) {
                try readMoney(bytes, &index)
                return
            }
            try JSONScanner.skipValue(bytes, &index)
            let isText = first == UInt8(ascii: "\"")
            let value = isText ? (start + 1)..<(index - 1) : start..<index
            guard first != UInt8(ascii: "n"), first != UInt8(ascii: "["), first != UInt8(ascii: "{") else { return }
            if let place = map.dimensions.firstIndex(where: { $0.equals(bytes, key) }), 1...DataFields.maximumValue ~= value.count {
                dimensions[place] = value
            }
            if isText, map.holders.contains(where: { $0.equals(bytes, key) }) {
                holder = Department(name: String(decoding: bytes.extracting(value).bytes(), as: UTF8.self))
            }
            for (bit, rule) in rules.enumerated() {
                guard let condition = map.conditions[rule], condition.field.equals(bytes, key) else { continue }
                conditionPresent |= 1 << UInt64(bit)
                if let wanted = condition.value, wanted.equals(bytes, value) { conditionMet |= 1 << UInt64(bit) }
            }
        }
    }

    private mutating func readMoney(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        try JSONScanner.members(bytes, &index, depth: 1) { (key, index) throws(JSONFault) in
            let start = index
            try JSONScanner.skipValue(bytes, &index)
            if JSONText.equals(bytes, key, "minor") {
                minor = Int64(String(decoding: bytes.extracting(start..<index).bytes(), as: UTF8.self))
            } else if JSONText.equals(bytes, key, "ccy"), bytes[start] == UInt8(ascii: "\"") {
                currency = Currency.pack(bytes.extracting((start + 1)..<(index - 1)))
            }
        }
    }
}

/// The names that ``DataFields`` looks for, as bytes.
struct FieldMap: Sendable {
    struct Name: Sendable {
        private let bytes: [UInt8]

        init(_ text: String) {
            bytes = Array(text.utf8)
        }

        func equals(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
            guard range.count == bytes.count else { return false }
            for offset in 0..<bytes.count where text[range.lowerBound + offset] != bytes[offset] { return false }
            return true
        }
    }

    let money = Name("money")
    let dimensions: [Name]
    let holders: [Name]
    let conditions: [(field: Name, value: Name?)?]

    init(_ map: StageMap) {
        dimensions = map.dimensions.map { Name($0) }
        holders = map.holders.map { Name($0) }
        conditions = map.rules.map { rule in rule.condition.map { (Name($0.field), $0.value.map { Name($0) }) } }
    }
}
