internal import Glibc

extension EventReader {
    /// What is known of one event in the middle of the walk over its members.
    struct Walk {
        private enum Attribute: UInt16 {
            case specversion = 1
            case id = 2
            case source = 4
            case type = 8
            case subject = 16
            case time = 32
            case account = 64
            case data = 128
            case datacontenttype = 256
            case emitted = 512
        }

        private let catalogue: EventCatalogue
        private(set) var draft = EventBatch.Draft()
        private(set) var findings = Schema.Findings()
        // How many of the findings are what the type's schema says of `data`.
        private var schemaViolations = 0
        private var seen: UInt16 = 0
        private var extensionNames: [String] = []
        // The JSON text of `dataschema`, which names the version of `data`.
        private var dataschema: Range<Int>?
        // The text of `data` where its schema, or the version of it, was not known yet.
        private var unchecked: Range<Int>?
        private var dataLength = 0
        // What the catalogue says of the type, once it was asked.
        private var knownSchema: Schema??

        init(catalogue: EventCatalogue, batch start: Int) {
            self.catalogue = catalogue
        }

        /// Takes one member, whose value begins at `index`.
        mutating func member(
            _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int, into batch: inout EventBatch
        ) throws(JSONFault) {
            guard let attribute = Walk.attribute(text, key) else {
                return try extensionAttribute(text, key, &index, into: &batch)
            }
            if seen & attribute.rawValue != 0, attribute != .emitted {
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is given twice"))
            }
            seen |= attribute.rawValue
            switch attribute {
            case .id: draft.id = try string(text, key, &index, into: &batch)
            case .source: draft.source = try string(text, key, &index, into: &batch)
            case .type: draft.type = try string(text, key, &index, into: &batch)
            case .subject: draft.subject = try subject(text, key, &index, into: &batch)
            case .account: draft.account = try subject(text, key, &index, into: &batch)
            case .time: try time(text, &index)
            case .data: try data(text, &index, into: &batch)
            case .specversion: try word("1.0", "is not \"1.0\"", text, key, &index)
            case .datacontenttype:
                try word("application/json", "is not application/json, the only type of data that is kept", text, key, &index)
            case .emitted: try JSONScanner.skipValue(text, &index, depth: 2)
            }
        }

        /// Checks what can be checked only when every member is known.
        mutating func finish(_ text: Span<UInt8>, receivedAt: Timestamp, into batch: inout EventBatch) throws(JSONFault) {
            for (attribute, name) in [
                (Attribute.specversion, "specversion"), (.id, "id"), (.source, "source"), (.type, "type"), (.subject, "subject"),
            ] where seen & attribute.rawValue == 0 {
                findings.violations.append(Violation(pointer: "/\(name)", detail: "is missing"))
            }
            if seen & Attribute.time.rawValue == 0 {
                draft.time = receivedAt
                draft.timeIsReceipt = true
            }
            guard let schema = schema(in: batch) else { return }
            if dataschema != nil || isVersioned(in: batch) {
                try checkVersion(text, schema, in: batch)
            } else if let range = unchecked {
                var index = range.lowerBound
                try check(schema, text, &index)
            } else if seen & Attribute.data.rawValue == 0 {
                // Where data is left out, only a schema that asks for nothing is satisfied.
                let nothing: [UInt8] = Array("{}".utf8)
                var index = 0
                try check(schema, nothing.span, &index)
            }
        }

        /// Whether all that is wrong with the event is that its data breaks its type's schema.
        var isQuarantinable: Bool { schemaViolations > 0 && schemaViolations == findings.violations.count }

        /// Notes that it is taken all the same. What its data says of a person may have names that the schema does not know.
        mutating func setQuarantined() {
            draft.isQuarantined = true
        }

        private mutating func check(_ schema: Schema, _ data: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
            let before = findings.violations.count
            try schema.check(data, &index, at: "/data", depth: 2, into: &findings)
            schemaViolations += findings.violations.count - before
        }

        /// Notes what of the event says something about a person.
        mutating func findPersonal(in batch: inout EventBatch) throws(JSONFault) {
            draft.namesPerson =
                Subject.isPersonal(batch.bytes.span.extracting(draft.subject.range))
                || Subject.isPersonal(batch.bytes.span.extracting(draft.account.range))
            let schema = schema(in: batch)
            let isCalledFor = schema?.mentionsPersonal ?? true || findings.hasUndeclared || Walk.hasAtSign(batch.bytes, draft.data.range)
            guard draft.data.count > 0, isCalledFor else { return }
            var finder = PersonalFinder(names: catalogue.personalNames)
            var index = draft.data.range.lowerBound
            try finder.walk(batch.bytes.span, &index, schema)
            draft.firstPersonal = UInt32(batch.personal.count)
            draft.personalCount = UInt32(finder.found.count)
            for range in finder.found { batch.personal.append(EventBatch.Slice(range)) }
        }

        private static func hasAtSign(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
            unsafe bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return false }
                return unsafe memchr(start + range.lowerBound, Int32(UInt8(ascii: "@")), range.count) != nil
            }
        }

        /// Adds a violation for each attribute that is longer than its limit.
        mutating func checkLengths(_ limits: EventLimits) {
            for (slice, limit, name) in [
                (draft.id, limits.id, "id"), (draft.source, limits.source, "source"), (draft.type, limits.type, "type"),
            ] where slice.count > limit {
                findings.violations.append(Violation(pointer: "/\(name)", detail: "is longer than \(limit) bytes"))
            }
        }

        /// What is too large, if anything is.
        func size(of event: Int, _ limits: EventLimits) -> String? {
            if dataLength > limits.data {
                "data has \(dataLength) bytes, \(limits.data) are allowed"
            } else if draft.extensions.count > limits.extensions {
                "the extension attributes have \(draft.extensions.count) bytes, \(limits.extensions) are allowed"
            } else if event > limits.event {
                "the event has \(event) bytes, \(limits.event) are allowed"
            } else {
                nil
            }
        }

        /// The schema of the event's type, looked up once.
        private mutating func schema(in batch: EventBatch) -> Schema? {
            guard seen & Attribute.type.rawValue != 0 else { return nil }
            if let knownSchema { return knownSchema }
            let schema = catalogue.schema(batch.bytes.span.extracting(draft.type.range))
            knownSchema = .some(schema)
            return schema
        }

        private func isVersioned(in batch: EventBatch) -> Bool {
            !catalogue.upcasters.isEmpty && catalogue.isVersioned(batch.bytes.span.extracting(draft.type.range))
        }

        /// Checks data whose version the event may name: what is kept is what was sent, what is checked is what it will be read as.
        private mutating func checkVersion(_ text: Span<UInt8>, _ schema: Schema, in batch: EventBatch) throws(JSONFault) {
            let type = String(decoding: batch.bytes[draft.type.range], as: UTF8.self)
            var named: String?
            if let range = dataschema { named = try JSONValue(text.extracting(range)).text }
            let version = Upcasters.version(named, of: type) ?? 1
            let upcaster = catalogue.upcasters[type]
            let latest = upcaster?.version ?? 1
            guard version <= latest else {
                let detail = "names version \(version) of the data of \(type), this program knows them up to \(latest)"
                return findings.violations.append(Violation(pointer: "/dataschema", detail: detail))
            }
            // Data that was sent and is not at hand was checked as it came, or is no object.
            guard unchecked != nil || seen & Attribute.data.rawValue == 0 else { return }
            // What an older version says of a person may have names that this schema does not know.
            findings.hasUndeclared = true
            var data = unchecked.map { text.extracting($0).bytes() } ?? Array("{}".utf8)
            if let upcaster, version < latest {
                var writer = JSONWriter()
                upcaster.current(try JSONValue(data.span), from: version).write(to: &writer)
                data = writer.bytes
            }
            var index = 0
            try check(schema, data.span, &index)
        }

        private mutating func string(
            _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int, into batch: inout EventBatch
        ) throws(JSONFault) -> EventBatch.Slice {
            guard index < text.count, text[index] == UInt8(ascii: "\"") else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is not a string"))
                return .empty
            }
            let start = index + 1
            let escaped = try JSONScanner.skipString(text, &index)
            let range = start..<(index - 1)
            if range.isEmpty { findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is empty")) }
            return escaped ? try batch.appendDecoded(text, range) : batch.append(text, range)
        }

        private mutating func subject(
            _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int, into batch: inout EventBatch
        ) throws(JSONFault) -> EventBatch.Slice {
            let before = findings.violations.count
            let slice = try string(text, key, &index, into: &batch)
            if findings.violations.count == before, let fault = Subject.fault(batch.bytes.span.extracting(slice.range)) {
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: fault))
            }
            return slice
        }

        private mutating func time(_ text: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
            let start = index
            try JSONScanner.skipValue(text, &index, depth: 2)
            if text[start] == UInt8(ascii: "\""), index - start > 11,
                let time = Timestamp(text.extracting((start + 1)..<(index - 1)))
            {
                draft.time = time
                return
            }
            findings.violations.append(
                Violation(
                    pointer: "/time",
                    detail: "is not a date-time that exists, such as 2026-03-01T09:30:00Z (RFC 3339)",
                    code: "invalid-time"))
        }

        private mutating func data(_ text: Span<UInt8>, _ index: inout Int, into batch: inout EventBatch) throws(JSONFault) {
            let start = index
            guard index < text.count, text[index] == UInt8(ascii: "{") else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                // CloudEvents' JSON format: a null member is one that is absent.
                guard text[start] != UInt8(ascii: "n") else { return seen &= ~Attribute.data.rawValue }
                return findings.violations.append(Violation(pointer: "/data", detail: "is not an object"))
            }
            if let schema = schema(in: batch), !isVersioned(in: batch) {
                try check(schema, text, &index)
            } else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                unchecked = start..<index
            }
            dataLength = index - start
            draft.data = batch.append(text, start..<index)
        }

        private mutating func word(
            _ word: StaticString, _ otherwise: String, _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int
        ) throws(JSONFault) {
            let start = index
            try JSONScanner.skipValue(text, &index, depth: 2)
            guard text[start] == UInt8(ascii: "\""), JSONText.equals(text, (start + 1)..<(index - 1), word) else {
                return findings.violations.append(Violation(pointer: try pointer(text, key), detail: otherwise))
            }
        }

        private mutating func extensionAttribute(
            _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int, into batch: inout EventBatch
        ) throws(JSONFault) {
            let (start, value) = (key.lowerBound - 1, index)
            try JSONScanner.skipValue(text, &index, depth: 2)
            let name = try JSONText.string(text, key)
            let isNamed = !key.isEmpty && name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 }
            guard isNamed else {
                let detail = "is not a CloudEvents attribute (their names are lower-case letters and digits); put it into data"
                return findings.violations.append(Violation(pointer: try pointer(text, key), detail: detail))
            }
            guard !extensionNames.contains(name) else {
                return findings.violations.append(Violation(pointer: "/\(name)", detail: "is given twice"))
            }
            guard extensionNames.count < 64 else {
                return findings.violations.append(
                    Violation(pointer: "/\(name)", detail: "is one extension attribute too many, 64 are allowed"))
            }
            extensionNames.append(name)
            if name == "dataschema" { dataschema = value..<index }
            // Members lie apart in the text and together in the batch: gather them behind what is there already.
            var gathered = Array(batch.bytes[draft.extensions.range])
            if !gathered.isEmpty { gathered.append(UInt8(ascii: ",")) }
            unsafe text.extracting(start..<index).withUnsafeBufferPointer { unsafe gathered.append(contentsOf: $0) }
            draft.extensions = batch.append(gathered.span, 0..<gathered.count)
        }

        private func pointer(_ text: Span<UInt8>, _ key: Range<Int>) throws(JSONFault) -> String {
            let name = try JSONText.string(text, key)
            return "/"
                + name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        }

        private static func attribute(_ text: Span<UInt8>, _ key: Range<Int>) -> Attribute? {
            switch key.count {
            case 2: JSONText.equals(text, key, "id") ? .id : nil
            case 4:
                if JSONText.equals(text, key, "type") {
                    .type
                } else if JSONText.equals(text, key, "time") {
                    .time
                } else {
                    JSONText.equals(text, key, "data") ? .data : nil
                }
            case 6:
                if JSONText.equals(text, key, "source") {
                    .source
                } else {
                    JSONText.equals(text, key, "erased") ? .emitted : nil
                }
            case 7:
                if JSONText.equals(text, key, "subject") {
                    .subject
                } else {
                    JSONText.equals(text, key, "account") ? .account : nil
                }
            // What the daemon adds to events it gives out is passed over when they come back in, as in a restored export.
            case 8: JSONText.equals(text, key, "position") ? .emitted : nil
            case 10:
                JSONText.equals(text, key, "recordedat") || JSONText.equals(text, key, "emitteruid") ? .emitted : nil
            case 11: JSONText.equals(text, key, "specversion") ? .specversion : nil
            case 15: JSONText.equals(text, key, "datacontenttype") ? .datacontenttype : nil
            default: nil
            }
        }
    }
}
