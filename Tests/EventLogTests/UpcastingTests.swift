import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// Events of every version of their data, as they were stored when that was the current one, are read as the current one.
@Suite struct UpcastingTests {
    private static let type = "test.lead.given"
    private static let upcasts = [#"[{"move":"/seller","to":"/owner/name"}]"#, #"[{"default":"/channel","value":"unknown"}]"#]

    /// The catalogue of the days when `version` was the current one.
    private func catalogue(_ version: Int) throws -> EventCatalogue {
        let upcasts = Self.upcasts.prefix(version - 1).joined(separator: ",")
        let declared = version == 1 ? "" : #","x-upcasts":[\#(upcasts)]"#
        return try EventCatalogue(files: [(Self.type, #"{"type":"object"\#(declared)}"#)])
    }

    private func open(_ scratch: Scratch, _ version: Int) throws -> EventLog {
        var options = EventLog.Options.small
        options.upcasters = try catalogue(version).upcasters
        return try EventLog(directory: try DataDirectory(path: scratch.path), options: options)
    }

    private func event(_ id: String, _ version: Int, _ data: String) -> String {
        let name = Upcasters.name(Self.type, version: version)
        let schema = version == 1 ? "" : #","dataschema":"\#(name)","trace":"t""#
        return eventJSON(id, type: Self.type, data: data).dropLast() + schema + "}"
    }

    @Test func eachStoredVersionIsReadAsTheCurrentOne() async throws {
        let scratch = try Scratch()
        let stored = [#"{"seller":"ann","n":1}"#, #"{"owner":{"name":"bob"},"n":2}"#, #"{"owner":{"name":"cid"},"channel":"call"}"#]
        for version in 1...3 {
            let log = try open(scratch, version)
            defer { log.close() }
            let reader = EventReader(catalogue: try catalogue(version))
            let result = try await log.appendAndWait(try reader.batch([event("\(version)", version, stored[version - 1])]))
            #expect(try result.get().appended == 1)
        }
        try expectCurrent(scratch)
        // Stored bytes are what they were: the daemon of the first day reads them as it wrote them.
        let old = try open(scratch, 1)
        defer { old.close() }
        #expect(try old.allEvents().map { String(decoding: $0.data, as: UTF8.self) } == stored)
    }

    private func expectCurrent(_ scratch: Scratch) throws {
        let log = try open(scratch, 3)
        defer { log.close() }
        let expected = [
            #"{"n":1,"owner":{"name":"ann"},"channel":"unknown"}"#, #"{"owner":{"name":"bob"},"n":2,"channel":"unknown"}"#,
            #"{"owner":{"name":"cid"},"channel":"call"}"#,
        ]
        let events = try log.allEvents()
        #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == expected)
        let schema = #""dataschema":"urn:journeyd:event:test.lead.given:3""#
        #expect(
            events.map { String(decoding: $0.extensions, as: UTF8.self) } == [
                schema, #""trace":"t",\#(schema)"#, #"\#(schema),"trace":"t""#,
            ])
        #expect(try log.event(at: 1)?.data == events[0].data)
        #expect(log.verify { _ in true }.isSound)
    }

    @Test func anExportThatComesBackIsADuplicate() async throws {
        let scratch = try Scratch()
        let reader = EventReader(catalogue: try catalogue(3))
        let log = try open(scratch, 3)
        defer { log.close() }
        let first = event("1", 1, #"{"seller":"ann"}"#)
        _ = try await log.appendAndWait(try reader.batch([first])).get()
        var writer = JSONWriter()
        try #require(try log.event(at: 1)).write(to: &writer)
        let exported = String(decoding: writer.bytes, as: UTF8.self)
        #expect(exported.contains(#""owner":{"name":"ann"}"#))
        for text in [first, exported] {
            let outcome = try await log.appendAndWait(try reader.batch([text])).get()
            #expect(outcome.duplicates == 1 && outcome.first == 1, "\(text)")
        }
        let other = try await log.appendAndWait(try reader.batch([event("1", 3, #"{"owner":{"name":"bob"},"channel":"unknown"}"#)]))
        #expect(other == .failure(.conflict(Conflict(index: 0, position: 1))))
    }

    @Test func whatIsPersonalIsSealedUnderItsOldNameAndReadUnderItsNewOne() async throws {
        let scratch = try Scratch()
        let catalogue = try EventCatalogue(files: [
            (
                Self.type,
                """
                {"type":"object","properties":{"owner":{"type":"string","x-personal":true},"seller":{"type":"string","x-personal":true}},
                 "x-upcasts":[[{"move":"/seller","to":"/owner"}]]}
                """
            )
        ])
        var options = EventLog.Options.small
        options.upcasters = catalogue.upcasters
        let log = try EventLog(directory: try DataDirectory(path: scratch.path), options: options)
        defer { log.close() }
        let text = event("1", 1, #"{"seller":"annabella-quark","n":1}"#)
        for appended in [1, 0] {
            let result = try await log.appendAndWait(try EventReader(catalogue: catalogue).batch([text]))
            #expect(try result.get().appended == appended)
        }
        #expect(try log.event(at: 1).map { String(decoding: $0.data, as: UTF8.self) } == #"{"n":1,"owner":"annabella-quark"}"#)
        try log.read(after: 0) { (record, bytes) in
            let clear = String(decoding: bytes.extracting(record.data).bytes(), as: UTF8.self)
            #expect(clear.hasPrefix(#"{"n":1,"owner":"~"#), "\(clear)")
            return true
        }
        let file = try Data(contentsOf: URL(filePath: scratch.path + "/log/00000001/data.mdb"))
        #expect(file.count > 0 && file.firstRange(of: Data("annabella-quark".utf8)) == nil)
    }

    /// Records of format 1, byte by byte: a program that reads them otherwise would read old logs otherwise.
    @Test(arguments: [
        """
        a3d1786f 01 00 0200 0000c9a3ab470600 40420fc9ab470600 07000000 09000000 e8030000 0600 0900 05000000
        6531 6c6561643a31 6163636f756e743a32 2278223a31 7b226e223a317d
        """
    ])
    func aRecordOfFormat1IsReadAsItWasWritten(hexadecimal: String) throws {
        var bytes: [UInt8] = []
        let digits = hexadecimal.filter(\.isHexDigit)
        for index in stride(from: 0, to: digits.count, by: 2) {
            let start = digits.index(digits.startIndex, offsetBy: index)
            bytes.append(try #require(UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)))
        }
        let record = try EventRecord(bytes.span, position: 42)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        #expect(text(record.id) == "e1" && text(record.subject) == "lead:1" && text(record.account) == "account:2")
        #expect(text(record.extensions) == #""x":1"# && text(record.data) == #"{"n":1}"#)
        #expect(record.type == 7 && record.source == 9 && record.emitter == 1_000 && !record.timeIsReceipt)
        #expect(record.time.microseconds == 0x0006_47AB_A3C9_0000 && record.recordedAt.microseconds == 0x0006_47AB_C90F_4240)
        let elsewhere = #expect(throws: LogError.self) { try EventRecord(bytes.span, position: 43) }
        #expect(elsewhere == .damaged(position: 43, reason: "its checksum does not match"))
    }
}
