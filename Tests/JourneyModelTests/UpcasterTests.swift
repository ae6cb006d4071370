import JourneyModel
import TestSupport
import Testing

@Suite struct UpcasterTests {
    private static let declared = """
        [[{"move": "/prev_owner", "to": "/owner/previous"}, {"move": "/by", "to": "/owner/name"}, {"default": "/channel", "value": "unknown"}],
         [{"set": "/unit", "value": {"name": "seat", "of": 1}}, {"remove": "/legacy"}, {"move": "/a~1b", "to": "/a~0b"}]]
        """

    private func upcaster(_ text: String = declared) throws -> Upcaster {
        try Upcaster(try JSONValue(text: text), at: "")
    }

    private func current(_ text: String, from version: Int) throws -> String {
        var writer = JSONWriter()
        try upcaster().current(try JSONValue(text: text), from: version).write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (
            1, #"{"prev_owner":"ann","by":"bob","legacy":true,"a/b":1,"money":{"minor":1.50}}"#,
            #"{"money":{"minor":1.50},"owner":{"previous":"ann","name":"bob"},"channel":"unknown","unit":{"name":"seat","of":1},"a~b":1}"#
        ),
        (1, #"{"channel":"call"}"#, #"{"channel":"call","unit":{"name":"seat","of":1}}"#),
        (1, "{}", #"{"channel":"unknown","unit":{"name":"seat","of":1}}"#),
        // Where the place to move to is in something that is no object, nothing can be put there.
        (1, #"{"by":"bob","owner":"ann"}"#, #"{"owner":"ann","channel":"unknown","unit":{"name":"seat","of":1}}"#),
        (2, #"{"legacy":1,"prev_owner":"ann"}"#, #"{"prev_owner":"ann","unit":{"name":"seat","of":1}}"#),
        (3, #"{"legacy":1}"#, #"{"legacy":1}"#),
    ])
    func eachVersionBecomesTheCurrentOne(version: Int, stored: String, expected: String) throws {
        #expect(try current(stored, from: version) == expected)
    }

    @Test(arguments: [
        ("{}", ""), ("[]", ""), (#"[[{"rename": "/a", "to": "/b"}]]"#, "/0/0"), (#"[[{"move": "a", "to": "/b"}]]"#, "/0/0/move"),
        (#"[[], [{"default": "/a"}]]"#, "/1/0"), (#"[[{"remove": "/a/b/c/d/e/f/g/h/i"}]]"#, "/0/0/remove"), (#"[{"remove": "/a"}]"#, "/0"),
    ])
    func whatIsNoUpcastIsRefusedAtItsPlace(text: String, pointer: String) throws {
        let violation = #expect(throws: Violation.self) { try upcaster(text) }
        #expect(violation?.pointer == pointer)
    }

    @Test(
        arguments: [
            (nil, nil), ("urn:journeyd:event:a.b", 1), ("urn:journeyd:event:a.b:2", 2), ("urn:journeyd:event:a.b:0", nil),
            ("urn:journeyd:event:a.bc:2", nil),
            ("https://example.com/a.b:2", nil),
        ] as [(String?, Int?)])
    func theVersionIsThatOfDataschema(dataschema: String?, version: Int?) {
        #expect(Upcasters.version(dataschema, of: "a.b") == version)
    }

    @Test func aPersonalNameMustStayDeclared() throws {
        func catalogue(_ seller: String) throws {
            let properties = #""owner":{"type":"object","properties":{"name":{"type":"string","x-personal":true}}}\#(seller)"#
            let upcasts = #"[[{"move":"/seller","to":"/owner/name"},{"move":"/n","to":"/m"}]]"#
            _ = try EventCatalogue(files: [("test.lead.given", #"{"type":"object","properties":{\#(properties)},"x-upcasts":\#(upcasts)}"#)]
            )
        }
        try catalogue(#","seller":{"type":"string","x-personal":true}"#)
        for seller in ["", #","seller":{"type":"string"}"#] {
            let violation = #expect(throws: Violation.self) { try catalogue(seller) }
            #expect(violation?.pointer == "test.lead.given/x-upcasts/0/0")
        }
    }

    // MARK: - What comes in

    private static let schema = """
        {"$id": "urn:journeyd:event:test.lead.given:2", "type": "object", "required": ["owner"], "properties": {"owner": {"type": "string"}},
         "x-upcasts": [[{"move": "/seller", "to": "/owner"}]]}
        """

    private func read(_ text: String) throws {
        let catalogue = try EventCatalogue(files: [("test.lead.given", Self.schema), ("test.plain.done", #"{"type": "object"}"#)])
        _ = try EventReader(catalogue: catalogue).batch([text])
    }

    private func event(_ data: String?, schema: String? = nil, type: String = "test.lead.given", dataFirst: Bool = false) -> String {
        let event = eventJSON("1", type: type, data: dataFirst ? nil : data)
        let schema = schema.map { #","dataschema":"\#($0)""# } ?? ""
        let first = dataFirst ? #""data":\#(data ?? "{}"),"# : ""
        return "{" + first + event.dropFirst().dropLast() + schema + "}"
    }

    @Test(arguments: [false, true]) func eachVersionIsCheckedAsWhatItIsReadAs(dataFirst: Bool) throws {
        try read(event(#"{"seller":"ann"}"#, dataFirst: dataFirst))
        try read(event(#"{"seller":"ann"}"#, schema: "urn:journeyd:event:test.lead.given", dataFirst: dataFirst))
        try read(event(#"{"owner":"ann"}"#, schema: "urn:journeyd:event:test.lead.given:2", dataFirst: dataFirst))
        // Others name schemas of their own: that says nothing of ours.
        try read(event(#"{"seller":"ann"}"#, schema: "https://example.com/lead.json", dataFirst: dataFirst))
        try read(event(#"{"any":1}"#, schema: "urn:journeyd:event:test.plain.done", type: "test.plain.done", dataFirst: dataFirst))
        let wrong = [
            (event(#"{"seller":"ann"}"#, schema: "urn:journeyd:event:test.lead.given:2", dataFirst: dataFirst), "/data/owner"),
            (event(#"{"seller":1}"#, dataFirst: dataFirst), "/data/owner"),
            (event(#"{"owner":"ann"}"#, schema: "urn:journeyd:event:test.lead.given:3", dataFirst: dataFirst), "/dataschema"),
            (event("{}", schema: "urn:journeyd:event:test.plain.done:2", type: "test.plain.done", dataFirst: dataFirst), "/dataschema"),
        ]
        for (text, pointer) in wrong {
            let fault = #expect(throws: EventFault.self, "\(text)") { try read(text) }
            guard case .invalid(let violations) = fault else {
                Issue.record("\(text): \(String(describing: fault))")
                continue
            }
            #expect(violations.map(\.pointer) == [pointer], "\(text)")
        }
    }

    @Test func dataThatIsMissingOrNoObjectIsNamedOnce() throws {
        for (data, pointer) in [(nil, "/data/owner"), ("7", "/data")] as [(String?, String)] {
            let fault = #expect(throws: EventFault.self) { try read(event(data)) }
            guard case .invalid(let violations) = fault else {
                Issue.record("\(String(describing: fault))")
                continue
            }
            #expect(violations.map(\.pointer) == [pointer])
        }
    }
}
