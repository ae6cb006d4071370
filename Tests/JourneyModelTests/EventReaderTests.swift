import JourneyModel
import TestSupport
import Testing

@Suite struct EventReaderTests {
    private let reader: EventReader

    init() throws {
        reader = EventReader(catalogue: try .shipped())
    }

    private func fault(_ text: String) -> EventFault? {
        var batch = EventBatch()
        let utf8 = Array(text.utf8)
        do throws(EventFault) {
            try reader.read(utf8.span, receivedAt: Timestamp(microseconds: 5), into: &batch)
            return nil
        } catch {
            #expect(batch.drafts.isEmpty && batch.bytes.isEmpty, "a refused event leaves nothing behind")
            return error
        }
    }

    private func pointers(_ text: String) -> [String] {
        if case .invalid(let violations) = fault(text) { violations.map(\.pointer) } else { [] }
    }

    @Test func keepsTextAndDataAsTheyWere() throws {
        let data = #"{ "b" : "\u0000ελ\ud83c\udf89", "a":[1.50, {}] }"#
        let batch = try reader.batch([eventJSON("1", subject: #"lead:\u0395\u0000🎉"#, account: "account:a", data: data)])
        let draft = batch.drafts[0]
        #expect(String(decoding: batch.bytes[draft.data.range], as: UTF8.self) == data)
        #expect(Array(batch.bytes[draft.subject.range]) == Array("lead:Ε\0🎉".utf8))
        #expect(String(decoding: batch.bytes[draft.account.range], as: UTF8.self) == "account:a")
        #expect(draft.time == Timestamp("2026-01-01T00:00:00Z"))
        #expect(!draft.timeIsReceipt)
    }

    @Test func escapesAreDecodedInEveryText() throws {
        let text =
            #"{"specversion":"1.0","id":"\u0031\"","source":"/\u0061","type":"t\u002ea","subject":"le\u0061d:1","account":"account:\u0062","x":1,"y":"\u0063"}"#
        let batch = try reader.batch([eventJSON("0"), text, text, eventJSON("2")])
        for draft in batch.drafts[1...2] {
            let texts = [draft.id, draft.source, draft.type, draft.subject, draft.account, draft.extensions, draft.data]
                .map { String(decoding: batch.bytes[$0.range], as: UTF8.self) }
            #expect(texts == [#"1""#, "/a", "t.a", "lead:1", "account:b", #""x":1,"y":"\u0063""#, ""])
        }
        #expect(batch.drafts.map { batch.bytes[$0.subject.range].elementsEqual("lead:1".utf8) } == [true, true, true, true])
    }

    @Test func eachTypeHasItsOwnSchemaInWhateverOrderTheyCome() throws {
        let (asks, other, unknown) = ("marketing.lead.qualified", "sales.touch.made", "no.such.type")
        let touch = #"{"channel":"call","direction":"inbound","human":true}"#
        let sound = [asks: #"{"lead_id":"1"}"#, other: touch, unknown: "{}"]
        var random = Seeded(seed: 1)
        var batch = EventBatch()
        for number in 0..<2_000 {
            let type = [asks, other, unknown].randomElement(using: &random) ?? asks
            let isSound = Bool.random(using: &random)
            let written = Bool.random(using: &random) ? type : type.replacing("e", with: #"\u0065"#)
            let text = Array(eventJSON("\(number)", type: written, data: isSound ? sound[type] : #"{"x":1}"#).utf8)
            let isTaken = (try? reader.read(text.span, receivedAt: Timestamp(microseconds: 0), into: &batch)) != nil
            #expect(isTaken == (isSound || type == unknown), "\(written)")
            if isTaken, Int.random(in: 0..<4, using: &random) == 0 { batch.dropLast() }
        }
    }

    @Test func whatIsPersonalIsFoundWhereItStands() throws {
        let data = #"{"email":"a@b.c","n":[{"phone":"1"}],"z":"x@y.z"}"#
        let batch = try reader.batch([eventJSON("0"), "  " + eventJSON(#"\u0031"#, data: data), eventJSON("2", data: data)])
        for draft in batch.drafts[1...2] {
            let found = batch.personalValues(draft).map { String(decoding: batch.bytes[$0.range], as: UTF8.self) }
            #expect(found == [#""a@b.c""#, #""1""#, #""x@y.z""#])
        }
        #expect(batch.personalValues(batch.drafts[0]).isEmpty)
    }

    @Test func timeIsTheMomentOfReceiptWhereItIsLeftOut() throws {
        let batch = try reader.batch([eventJSON("1", time: nil)], receivedAt: Timestamp(microseconds: 7))
        #expect(batch.drafts[0].time.microseconds == 7)
        #expect(batch.drafts[0].timeIsReceipt)
    }

    @Test func membersMayComeInAnyOrder() {
        // data before type: the schema is known only afterwards, and still enforced.
        let wrong = #"{"data":{},"subject":"lead:1","type":"marketing.lead.qualified","source":"/a","id":"1","specversion":"1.0"}"#
        #expect(pointers(wrong) == ["/data/lead_id"])
        let right = wrong.replacing("{}", with: #"{"lead_id":1}"#)
        #expect(fault(right) == nil)
    }

    @Test func extensionsAreGatheredAndKept() throws {
        let text = #"{"traceparent":"00-a","specversion":"1.0","id":"1","n":5,"source":"/a","type":"t","subject":"lead:1","position":9}"#
        let batch = try reader.batch([text])
        #expect(String(decoding: batch.bytes[batch.drafts[0].extensions.range], as: UTF8.self) == #""traceparent":"00-a","n":5"#)
    }

    @Test(arguments: [
        (#"{}"#, ["/specversion", "/id", "/source", "/type", "/subject"]),
        (#"{"specversion":"0.3","id":"1","source":"/a","type":"t","subject":"lead:1"}"#, ["/specversion"]),
        (#"{"specversion":"1.0","id":"","source":"/a","type":"t","subject":"lead:1"}"#, ["/id"]),
        (#"{"specversion":"1.0","id":7,"source":"/a","type":"t","subject":"lead:1"}"#, ["/id"]),
        (#"{"specversion":"1.0","id":"1","id":"2","source":"/a","type":"t","subject":"lead:1"}"#, ["/id"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead"}"#, ["/subject"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"Lead:1"}"#, ["/subject"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:"}"#, ["/subject"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:1","account":"acme"}"#, ["/account"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:1","time":"2026-02-30T00:00:00Z"}"#, ["/time"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:1","data":[1]}"#, ["/data"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:1","data_base64":"AA=="}"#, ["/data_base64"]),
        (#"{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"lead:1","datacontenttype":"text/xml"}"#, ["/datacontenttype"]),
        (
            #"{"specversion":"1.0","id":"1","source":"/a","type":"sales.opportunity.won","subject":"lead:1"}"#,
            ["/data/opp_id", "/data/money"]
        ),
        (#"[]"#, [""]), (#""event""#, [""]),
    ])
    func namesEachFault(_ text: String, _ expected: [String]) {
        #expect(pointers(text) == expected)
    }

    @Test func brokenJSONIsNamedWithItsPlace() {
        guard case .malformed(let fault) = fault(#"{"specversion":"1.0","id":}"#) else {
            Issue.record("not malformed")
            return
        }
        #expect(fault.offset == 26)
    }

    @Test func sizesHaveLimits() {
        let fits = eventJSON("1", data: #"{"p":"\#(String(repeating: "x", count: 64 * 1024 - 8))"}"#)
        #expect(fault(fits) == nil)
        let large = eventJSON("1", data: #"{"p":"\#(String(repeating: "x", count: 64 * 1024 - 7))"}"#)
        #expect(fault(large)?.code == "too-large")
        #expect(pointers(eventJSON(String(repeating: "i", count: 1025))) == ["/id"])
        #expect(pointers(eventJSON("1", subject: "lead:" + String(repeating: "i", count: 512))) == ["/subject"])
    }

    @Test func anArrayNamesTheElement() {
        var batch = EventBatch()
        let text = Array("[\(eventJSON("1")),\(eventJSON("2")),\(eventJSON("3", subject: "x"))]".utf8)
        let error = #expect(throws: EventFault.self) {
            try reader.readArray(text.span, maximum: 10, receivedAt: Timestamp(microseconds: 0), into: &batch)
        }
        guard case .invalid(let violations) = error else {
            Issue.record("not invalid: \(String(describing: error))")
            return
        }
        #expect(violations.map(\.pointer) == ["/2/subject"])
    }

    @Test func anImpossibleDateHasACodeOfItsOwn() {
        #expect(fault(eventJSON("1", time: "2026-02-30T00:00:00Z"))?.code == "invalid-time")
    }

    @Test(arguments: ["lead:x@", "lead:@", "lead:a@b", "lead:@.", "lead:a@.", "lead:a@b.", "lead:a@b.c"])
    func anAtSignMayStandAnywhere(_ subject: String) throws {
        let draft = try reader.batch([eventJSON("1", subject: subject, account: subject)]).drafts[0]
        #expect(draft.namesPerson == (subject == "lead:a@b.c"))
    }

    @Test func aSourceInQuarantineMayBreakTheSchemaAndNothingElse() throws {
        let reader = EventReader(catalogue: try .shipped(), quarantine: ["/old"])
        func read(_ source: String, data: String?, _ subject: String = "lead:1") throws -> EventBatch {
            try reader.batch([eventJSON("1", type: "marketing.lead.qualified", subject: subject, source: source, data: data)])
        }
        for data in ["{}", #"{"lead_id":[true]}"#, nil] {
            let batch = try read("/old", data: data)
            #expect(batch.quarantined == 1 && batch.drafts[0].isQuarantined, "\(data ?? "none")")
            #expect(throws: EventFault.self) { try read("/new", data: data) }
        }
        let sound = try read("/old", data: #"{"lead_id":"1"}"#)
        #expect(sound.quarantined == 0 && !sound.drafts[0].isQuarantined)
        for data in ["5", #""x""#] { #expect(throws: EventFault.self) { try read("/old", data: data) } }
        #expect(throws: EventFault.self) { try read("/old", data: "{}", "nonsense") }
    }

    @Test func theSourceOfARefusedEventIsKnown() throws {
        func source(_ text: String) -> String? {
            var batch = EventBatch()
            let utf8 = Array(text.utf8)
            try? reader.read(utf8.span, receivedAt: Timestamp(microseconds: 0), into: &batch)
            return batch.refusedSource.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(source(eventJSON("1", subject: "nonsense", source: "/crm")) == "/crm")
        #expect(source(eventJSON("1", source: "/crm", data: "{")) == "/crm", "as far as it could be read")
        #expect(source(eventJSON("1", source: "/crm") + "x") == "/crm")
        #expect(source("{") == nil && source("[]") == nil && source(#"{"source":5}"#) == nil)
    }
}
