import JourneyModel
import Testing

@Suite struct EventCatalogueTests {
    /// The shipped schema files as trees: what they say of themselves is checked against what the program does.
    private static let files: [(type: String, schema: JSONValue)] = {
        EventCatalogue.shippedFiles.compactMap { file in (try? JSONValue(text: file.text)).map { (file.type, $0) } }
    }()

    private func violations(_ type: String, _ data: JSONValue) throws -> [Violation] {
        let catalogue = try EventCatalogue.shipped()
        let name = Array(type.utf8)
        let known = catalogue.schema(name.span)
        let schema = try #require(known)
        let bytes = data.canonicalText
        var found = Schema.Findings()
        var index = 0
        try schema.check(bytes.span, &index, at: "", into: &found)
        #expect(index == bytes.count)
        return found.violations
    }

    @Test func everyFileIsReadAndNamesItself() throws {
        #expect(Self.files.count >= 85)
        #expect(try EventCatalogue.shipped().types.count == Self.files.count)
        for (type, schema) in Self.files { #expect(schema["$id"]?.text == "urn:journeyd:event:\(type)") }
    }

    @Test func examplesPass() throws {
        for (type, schema) in Self.files {
            let examples = try #require(schema["examples"]?.elements, "\(type)")
            #expect(!examples.isEmpty, "\(type)")
            for example in examples { #expect(try violations(type, example) == [], "\(type): \(example)") }
        }
    }

    @Test func counterexamplesFailAtTheirPlace() throws {
        for (type, schema) in Self.files {
            let examples = try #require(schema["x-counterexamples"]?.elements, "\(type)")
            #expect(!examples.isEmpty, "\(type)")
            for example in examples {
                let data = try #require(example["data"])
                #expect(try violations(type, data).map(\.pointer) == [example["pointer"]?.text], "\(type): \(data)")
            }
        }
    }

    @Test func aKeywordThatIsNotEnforcedIsRefused() throws {
        let error = #expect(throws: Violation.self) {
            _ = try Schema(JSONValue(text: #"{"type":"object","properties":{"a":{"pattern":"x"}}}"#))
        }
        #expect(error?.pointer.hasSuffix("/a/pattern") == true)
    }

    @Test func theStageMapSpeaksOfKnownTypesOnly() throws {
        let known = Set(try EventCatalogue.shipped().types)
        let map = try StageMap.shipped()
        for type in map.rules.map(\.type) + map.rework.flatMap({ [$0.base, $0.again] }) + Array(map.valueTypes) {
            #expect(known.contains(type), "\(type)")
        }
        #expect(map.index(ofStage: "mql") != nil)
    }
}
