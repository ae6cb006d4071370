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

        // The bits of the attributes that no event may leave out.
        private static let required: UInt16 = 1 | 2 | 4 | 8 | 16

        /// A text of the event: where it stands between its quotes, or in `decoded` where it was written with escapes.
        private struct Text {
            var range = 0..<0
            var isDecoded = false
        }

        private let catalogue: EventCatalogue
        private(set) var findings = Schema.Findings()
        private var id = Text(), source = Text(), type = Text(), subject = Text(), account = Text()
        private var data = 0..<0
        private var time: Timestamp?
        private var decoded: [UInt8] = []
        // The extension attributes' members, gathered: they may lie apart.
        private var extensions: [UInt8] = []
        private var extensionNames: [String] = []
        // How many of the findings are what the type's schema says of `data`.
        private var schemaViolations = 0
        private var seen: UInt16 = 0
        // The JSON text of `dataschema`, which names the version of `data`.
        private var dataschema: Range<Int>?
        // Whether the schema of `data`, or the version of it, was not known yet when it came.
        private var isUnchecked = false
        // What the catalogue says of the type, once it was asked.
        private var schema: Schema?
        private var isSchemaKnown = false

        init(catalogue: EventCatalogue) {
            self.catalogue = catalogue
        }

        /// Reads the event at `index`.
        ///
        /// - Parameter batch: the events before, whose type this one most often has.
        mutating func read(_ text: Span<UInt8>, _ index: inout Int, after batch: inout EventBatch) throws(EventFault) {
            do throws(JSONFault) {
                if index < text.count, text[index] == UInt8(ascii: "{") {
                    try JSONScanner.members(text, &index, depth: 1) { (key, index) throws(JSONFault) in
                        try member(text, key, &index, after: &batch)
                    }
                    return try finish(text, after: &batch)
                }
                try JSONScanner.skipValue(text, &index)
            } catch {
                throw .malformed(error)
            }
            throw .invalid([Violation(pointer: "", detail: "is not a JSON object")])
        }

        /// Takes one member, whose value begins at `index`.
        private mutating func member(
            _ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int, after batch: inout EventBatch
        ) throws(JSONFault) {
            guard let attribute = Walk.attribute(text, key) else { return try extensionAttribute(text, key, &index) }
            if seen & attribute.rawValue != 0, attribute != .emitted {
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is given twice"))
            }
            seen |= attribute.rawValue
            switch attribute {
            case .id: id = try string(text, key, &index)
            case .source: source = try string(text, key, &index)
            case .type: type = try string(text, key, &index)
            case .subject: subject = try subject(text, key, &index)
            case .account: account = try subject(text, key, &index)
            case .time: try time(text, &index)
            case .data: try data(text, &index, after: &batch)
            case .specversion: try word("1.0", "is not \"1.0\"", text, key, &index)
            case .datacontenttype:
                try word("application/json", "is not application/json, the only type of data that is kept", text, key, &index)
            case .emitted: try JSONScanner.skipValue(text, &index, depth: 2)
            }
        }

        /// Checks what can be checked only when every member is known.
        private mutating func finish(_ text: Span<UInt8>, after batch: inout EventBatch) throws(JSONFault) {
            if ~seen & Walk.required != 0 { findMissing() }
            findSchema(text, after: &batch)
            guard let schema else { return }
            if dataschema != nil || schema.isVersioned {
                try checkVersion(text, schema)
            } else if isUnchecked {
                var index = data.lowerBound
                try check(schema, text, &index)
            } else if seen & Attribute.data.rawValue == 0 {
                // Where data is left out, only a schema that asks for nothing is satisfied.
                let nothing: [UInt8] = Array("{}".utf8)
                var index = 0
                try check(schema, nothing.span, &index)
            }
        }

        private mutating func findMissing() {
            for (attribute, name) in [
                (Attribute.specversion, "specversion"), (.id, "id"), (.source, "source"), (.type, "type"), (.subject, "subject"),
            ] where seen & attribute.rawValue == 0 {
                findings.violations.append(Violation(pointer: "/\(name)", detail: "is missing"))
            }
        }

        /// Whether all that is wrong with the event is that its data breaks its type's schema.
        var isQuarantinable: Bool { schemaViolations > 0 && schemaViolations == findings.violations.count }

        private mutating func check(_ schema: Schema, _ data: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
            let before = findings.violations.count
            try schema.check(data, &index, at: "/data", depth: 2, into: &findings)
            schemaViolations += findings.violations.count - before
        }

        /// Adds the event, which begins and ends at `range` of the text, to `batch`.
        mutating func append(
            _ text: Span<UInt8>, _ range: Range<Int>, receivedAt: Timestamp, isQuarantined: Bool, to batch: inout EventBatch
        ) throws(JSONFault) {
            let start = batch.append(text.extracting(range))
            // The texts stay where they stand in the event. Those that do not stand there as they are come behind it.
            let (offset, decodedOffset) = (start - range.lowerBound, decoded.isEmpty ? 0 : batch.append(decoded.span))
            func slice(_ text: Text) -> EventBatch.Slice { EventBatch.Slice(text.range, movedBy: text.isDecoded ? decodedOffset : offset) }
            var draft = EventBatch.Draft()
            (draft.source, draft.id, draft.type) = (slice(source), slice(id), slice(type))
            (draft.subject, draft.account) = (slice(subject), slice(account))
            draft.data = EventBatch.Slice(data, movedBy: offset)
            if !extensions.isEmpty { draft.extensions = EventBatch.Slice(0..<extensions.count, movedBy: batch.append(extensions.span)) }
            (draft.time, draft.timeIsReceipt) = (time ?? receivedAt, time == nil)
            draft.isQuarantined = isQuarantined
            draft.namesPerson =
                Subject.isPersonal(batch.bytes.span.extracting(draft.subject.range))
                || Subject.isPersonal(batch.bytes.span.extracting(draft.account.range))
            try findPersonal(text, offset, &draft, in: &batch)
            batch.append(draft, schema)
        }

        /// Notes what of the data says something about a person.
        private func findPersonal(
            _ text: Span<UInt8>, _ offset: Int, _ draft: inout EventBatch.Draft, in batch: inout EventBatch
        ) throws(JSONFault) {
            guard !data.isEmpty else { return }
            // What breaks its schema may have names that the schema does not know.
            let isCalledFor =
                schema?.mentionsPersonal ?? true || findings.hasUndeclared || text.extracting(data).firstIndex(of: UInt8(ascii: "@")) != nil
            guard isCalledFor else { return }
            var finder = PersonalFinder(names: catalogue.personalNames)
            var index = data.lowerBound
            try finder.walk(text, &index, schema?.whole)
            draft.firstPersonal = UInt32(batch.personal.count)
            draft.personalCount = UInt32(finder.found.count)
            for range in finder.found { batch.personal.append(EventBatch.Slice(range, movedBy: offset)) }
        }

        /// The source, where it could be read.
        func source(in text: Span<UInt8>) -> [UInt8]? {
            source.range.isEmpty ? nil : with(source, in: text) { $0.bytes() }
        }

        private func with<Result>(_ part: Text, in text: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
            part.isDecoded ? body(decoded.span.extracting(part.range)) : body(text.extracting(part.range))
        }

        /// Adds a violation for each attribute that is longer than its limit.
        mutating func checkLengths(_ limits: EventLimits) {
            let (id, source, type) = (id.range.count, source.range.count, type.range.count)
            guard id > limits.id || source > limits.source || type > limits.type else { return }
            for (count, limit, name) in [(id, limits.id, "id"), (source, limits.source, "source"), (type, limits.type, "type")]
            where count > limit {
                findings.violations.append(Violation(pointer: "/\(name)", detail: "is longer than \(limit) bytes"))
            }
        }

        /// What is too large, if anything is.
        func size(of event: Int, _ limits: EventLimits) -> String? {
            if data.count > limits.data {
                "data has \(data.count) bytes, \(limits.data) are allowed"
            } else if extensions.count > limits.extensions {
                "the extension attributes have \(extensions.count) bytes, \(limits.extensions) are allowed"
            } else if event > limits.event {
                "the event has \(event) bytes, \(limits.event) are allowed"
            } else {
                nil
            }
        }

        /// Looks the schema of the event's type up, once.
        private mutating func findSchema(_ text: Span<UInt8>, after batch: inout EventBatch) {
            guard !isSchemaKnown, seen & Attribute.type.rawValue != 0 else { return }
            isSchemaKnown = true
            schema = with(type, in: text) { type in
                // Types come in runs.
                let known = batch.bytes.span.extracting(batch.lastType.range)
                return !known.isEmpty && known.isEqual(to: type) ? batch.lastSchema : catalogue.schema(type)
            }
        }

        /// Checks data whose version the event may name: what is kept is what was sent, what is checked is what it will be read as.
        private mutating func checkVersion(_ text: Span<UInt8>, _ schema: Schema) throws(JSONFault) {
            let type = with(type, in: text) { String(decoding: $0.bytes(), as: UTF8.self) }
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
            guard isUnchecked || seen & Attribute.data.rawValue == 0 else { return }
            // What an older version says of a person may have names that this schema does not know.
            findings.hasUndeclared = true
            var data = isUnchecked ? text.extracting(data).bytes() : Array("{}".utf8)
            if let upcaster, version < latest {
                var writer = JSONWriter()
                upcaster.current(try JSONValue(data.span), from: version).write(to: &writer)
                data = writer.bytes
            }
            var index = 0
            try check(schema, data.span, &index)
        }

        private mutating func string(_ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int) throws(JSONFault) -> Text {
            guard index < text.count, text[index] == UInt8(ascii: "\"") else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is not a string"))
                return Text()
            }
            let start = index + 1
            let isEscaped = try JSONScanner.skipString(text, &index)
            let range = start..<(index - 1)
            if range.isEmpty { findings.violations.append(Violation(pointer: try pointer(text, key), detail: "is empty")) }
            guard isEscaped else { return Text(range: range) }
            let before = decoded.count
            try JSONText.decode(text, range, into: &decoded)
            return Text(range: before..<decoded.count, isDecoded: true)
        }

        private mutating func subject(_ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int) throws(JSONFault) -> Text {
            let before = findings.violations.count
            let subject = try string(text, key, &index)
            if findings.violations.count == before, let fault = with(subject, in: text, Subject.fault) {
                findings.violations.append(Violation(pointer: try pointer(text, key), detail: fault))
            }
            return subject
        }

        private mutating func time(_ text: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
            let start = index
            try JSONScanner.skipValue(text, &index, depth: 2)
            if text[start] == UInt8(ascii: "\""), index - start > 11 {
                time = Timestamp(text.extracting((start + 1)..<(index - 1)))
                if time != nil { return }
            }
            findings.violations.append(
                Violation(
                    pointer: "/time",
                    detail: "is not a date-time that exists, such as 2026-03-01T09:30:00Z (RFC 3339)",
                    code: "invalid-time"))
        }

        private mutating func data(_ text: Span<UInt8>, _ index: inout Int, after batch: inout EventBatch) throws(JSONFault) {
            let start = index
            guard index < text.count, text[index] == UInt8(ascii: "{") else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                // CloudEvents' JSON format: a null member is one that is absent.
                guard text[start] != UInt8(ascii: "n") else { return seen &= ~Attribute.data.rawValue }
                return findings.violations.append(Violation(pointer: "/data", detail: "is not an object"))
            }
            findSchema(text, after: &batch)
            if let schema, !schema.isVersioned {
                try check(schema, text, &index)
            } else {
                try JSONScanner.skipValue(text, &index, depth: 2)
                isUnchecked = true
            }
            data = start..<index
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

        private mutating func extensionAttribute(_ text: Span<UInt8>, _ key: Range<Int>, _ index: inout Int) throws(JSONFault) {
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
            if !extensions.isEmpty { extensions.append(UInt8(ascii: ",")) }
            unsafe text.extracting(start..<index).withUnsafeBufferPointer { unsafe extensions.append(contentsOf: $0) }
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
