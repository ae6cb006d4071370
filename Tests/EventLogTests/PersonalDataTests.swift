import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

@Suite struct PersonalDataTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private var data: String { scratch.path + "/data" }

    private func open(_ change: (inout EventLog.Options) -> Void = { _ in }) throws -> EventLog {
        var options = EventLog.Options.small
        change(&options)
        return try EventLog(directory: DataDirectory(path: data), options: options)
    }

    /// How often each text stands in the files of the directory.
    private func finds(_ texts: [String]) -> [String: Int] {
        var found: [String: Int] = [:]
        for file in (try? FileManager.default.subpathsOfDirectory(atPath: data)) ?? [] {
            guard let bytes = FileManager.default.contents(atPath: data + "/" + file) else { continue }
            for text in texts where bytes.firstRange(of: Array(text.utf8)) != nil { found[text, default: 0] += 1 }
        }
        return found
    }

    private func write(_ bytes: Data, _ file: String, mode: Int = 0o600) throws {
        try bytes.write(to: URL(filePath: data + file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: data + file)
    }

    private static let events = [
        // Declared, undeclared but by name, undeclared but by content, nested, and a subject and account that are names themselves.
        eventJSON(
            "1", type: "marketing.form.submitted", subject: "contact:ann.b@example.org", account: "account:cee@example.com",
            data: #"{"form_id":"demo","fields":{"employer":"Umbrella-Works","email":"ann.b@example.org"},"region":"north"}"#),
        eventJSON("2", type: "sales.lead.assigned", subject: "lead:7", data: #"{ "owner" : "Vera-Seller", "rule":"x\u0041" }"#),
        eventJSON("3", subject: "lead:7", data: #"{"First_Name":"Wolfgang","n":1,"deep":[{"cc":"dee@example.net"},"plain-text"]}"#),
        eventJSON("4", subject: "lead:7", data: #"{"region":"south-region","n":1.50}"#),
    ]
    private static let personal = [
        "ann.b@example.org", "cee@example.com", "Umbrella-Works", "Vera-Seller", "Wolfgang", "dee@example.net",
    ]

    @Test func whatIsPersonalIsNowhereInTheFilesAndComesBackAsItWas() async throws {
        let log = try open()
        _ = try await log.appendAndWait(reader.batch(Self.events)).get()
        #expect(finds(Self.personal) == [:])
        #expect(finds(["demo", "north", "plain-text", "south-region", "lead:7"]).count == 5)
        func check(_ log: EventLog) throws {
            for (event, text) in zip(try log.allEvents(), Self.events) {
                var writer = JSONWriter()
                event.write(to: &writer)
                let written = String(decoding: writer.bytes, as: UTF8.self)
                // Both begin with specversion behind what the daemon adds.
                let start = try #require(written.firstRange(of: #""specversion""#))
                #expect(written[start.lowerBound...] == text.dropFirst())
            }
        }
        try check(log)
        // Sent again it is the same; with other personal data it is not.
        let again = try await log.appendAndWait(reader.batch(Self.events)).get()
        #expect(again.duplicates == 4 && again.appended == 0)
        let other = Self.events[1].replacing("Vera", with: "Nora")
        let refused = try await log.appendAndWait(reader.batch([other]))
        #expect(refused == .failure(.conflict(Conflict(index: 0, position: 2))))
        log.close()
        let reopened = try open()
        try check(reopened)
        #expect(reopened.verify { _ in true }.isSound)
        reopened.close()
    }

    @Test func recordsNameTheSameSubjectAndValueTheSameWay() async throws {
        let log = try open()
        let link = eventJSON(
            "l", type: "ops.identity.linked", subject: "lead:9", data: #"{"a":"contact:ann.b@example.org","b":"lead:9"}"#)
        let owned = (0..<2).map { eventJSON("o\($0)", type: "sales.lead.assigned", subject: "lead:\($0)", data: #"{"owner":"Vera"}"#) }
        _ = try await log.appendAndWait(reader.batch([Self.events[0], link] + owned)).get()
        var (subjects, data): ([String], [String]) = ([], [])
        try log.read(after: 0) { (record, bytes) in
            subjects.append(String(decoding: bytes.extracting(record.subject).bytes(), as: UTF8.self))
            data.append(String(decoding: bytes.extracting(record.data).bytes(), as: UTF8.self))
            return true
        }
        let name = log.storedName("contact:ann.b@example.org")
        #expect(subjects[0] == name && name.hasPrefix("contact:~") && name.utf8.count == 9 + 32)
        #expect(data[1] == #"{"a":"\#(name)","b":"lead:9"}"#)
        #expect(data[2] == data[3] && data[2].hasPrefix(#"{"owner":"~"#))
        #expect(log.storedName("lead:9") == "lead:9")
        log.close()
    }

    @Test func erasingDestroysTheKeysAndNothingElse() async throws {
        let log = try open()
        _ = try await log.appendAndWait(reader.batch(Self.events)).get()
        let digest = try stored(log)
        let plan = try log.erasurePlan(subjects: ["lead:7"], positions: [2, 3, 4])
        #expect(plan.personalEvents == 2 && plan.subjects == ["lead:7"])
        let patterns = try log.personalTexts(plan)
        try log.erase(plan)
        let events = try log.allEvents()
        #expect(events.map(\.isErased) == [false, true, true, false])
        #expect(events[0].subject == "contact:ann.b@example.org")
        for text in ["Vera", "Wolfgang", "dee@"] { #expect(!events.contains { String(decoding: $0.data, as: UTF8.self).contains(text) }) }
        #expect(try stored(log) == digest)
        #expect(log.erasures.map(\.subjects) == [1] && log.erasures.map(\.events) == [3] && log.erasures.map(\.position) == [4])
        // Sent again, it does not come back; new data of the same subject is kept under a new key.
        let again = try await log.appendAndWait(reader.batch(Array(Self.events[1...2]))).get()
        #expect(again.duplicates == 2 && again.appended == 0)
        let new = eventJSON("9", type: "sales.lead.assigned", subject: "lead:7", data: #"{"owner":"Vera"}"#)
        #expect(try await log.appendAndWait(reader.batch([new])).get().appended == 1)
        #expect(try log.erasurePlan(subjects: ["lead:7"], positions: [2, 3, 4]).token != plan.token)
        log.close()
        let reopened = try open()
        #expect(try reopened.allEvents().map(\.isErased) == [false, true, true, false, false])
        #expect(reopened.verify { _ in true }.isSound)
        var finds: [RawScan.Find] = []
        var files = 0
        RawScan(patterns).run(data) { _, _, found in
            files += 1
            finds += found
            return true
        }
        #expect(finds == [] && files >= 5 && patterns.count >= 4)
        reopened.close()
    }

    private func stored(_ log: EventLog) throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        try log.read(after: 0) { (_, bytes) in
            records.append(bytes.bytes())
            return true
        }
        return records
    }

    @Test func withoutItsKeysALogIsReadableButForWhatIsPersonalAndTakesNothing() async throws {
        let first = try open()
        _ = try await first.appendAndWait(reader.batch(Self.events)).get()
        first.close()
        let keys = try #require(FileManager.default.contents(atPath: data + "/keys"))
        let key = try #require(FileManager.default.contents(atPath: data + "/key"))
        func expectLocked(_ word: String) throws {
            let log = try open()
            let reason = try #require(log.readOnlyReason)
            #expect(reason.contains(word), "\(reason)")
            #expect(throws: LogError.self) { try log.event(at: 1) }
            #expect(try log.event(at: 4)?.position == 4)
            log.close()
            #expect(FileManager.default.contents(atPath: data + "/keys") != Data())
        }
        try FileManager.default.removeItem(atPath: data + "/keys")
        try expectLocked("keys is missing")
        var damaged = keys
        damaged[damaged.count / 2] ^= 1
        try write(damaged, "/keys")
        try expectLocked("damaged")
        try write(keys, "/keys")
        try write(key, "/key", mode: 0o640)
        try expectLocked("chmod 0600")
        try write(Data(String(repeating: "ab", count: 32).utf8), "/key", mode: 0o600)
        try expectLocked("another one")
        try write(key, "/key", mode: 0o600)
        let log = try open()
        #expect(log.readOnlyReason == nil)
        #expect(try log.event(at: 1)?.subject == "contact:ann.b@example.org")
        log.close()
    }

    @Test func encryptionCanBeSwitchedOffAndOn() async throws {
        let plain = try open { $0.encrypts = false }
        _ = try await plain.appendAndWait(reader.batch([Self.events[1]])).get()
        #expect(finds(["Vera-Seller"]).count == 1)
        #expect(throws: LogError.self) { try plain.erasurePlan(subjects: ["lead:7"], positions: [1]) }
        plain.close()
        let log = try open()
        _ = try await log.appendAndWait(reader.batch([Self.events[2]])).get()
        #expect(try log.allEvents().count == 2)
        #expect(finds(["Wolfgang"]) == [:])
        log.close()
    }

    @Test func textsAreFoundAcrossTheEdgesOfBuffers() throws {
        try FileManager.default.createDirectory(atPath: data + "/sub", withIntermediateDirectories: true)
        let mark = Array("find-me-anywhere".utf8)
        for offset in [0, 1, 100, (1 << 20) - 20, (1 << 20) - 16, (1 << 20) - 7, 1 << 20, (1 << 20) + 14, (1 << 21) + 5] {
            var bytes = [UInt8](repeating: 0x66, count: (1 << 21) + 21)
            bytes.replaceSubrange(offset..<(offset + mark.count), with: mark)
            try write(Data(bytes), "/sub/file")
            var patterns = RawScan.Patterns()
            patterns.add(mark, .value)
            patterns.add(Array("abc".utf8), .value)
            var found: [RawScan.Find] = []
            RawScan(patterns).run(data) { _, _, finds in
                found += finds
                return true
            }
            #expect(patterns.count == 1)
            #expect(found == [RawScan.Find(file: "sub/file", offset: offset, kind: .value)], "\(offset)")
        }
    }
}
