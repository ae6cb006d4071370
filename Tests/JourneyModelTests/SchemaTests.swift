import JourneyModel
import TestSupport
import Testing

@Suite struct SchemaTests {
    private func violations(_ schema: String, _ text: String) throws -> [String] {
        let schema = try Schema(JSONValue(text: schema))
        let bytes = Array(text.utf8)
        var found = Schema.Findings()
        var index = 0
        try schema.check(bytes.span, &index, at: "/data", into: &found)
        #expect(index == bytes.count)
        return found.violations.map { "\($0.pointer) \($0.detail)" }
    }

    /// Names that differ in one byte only, or in being longer, in every length around that of a word.
    @Test func membersAreToldApartByEveryByte() throws {
        let longest = Array("abcdefghijklmnopqrstuvwxy".utf8)
        for length in 0...longest.count {
            let name = String(decoding: longest.prefix(length), as: UTF8.self)
            let schema = #"{"properties":{"\#(name)":{"type":"null"}}}"#
            #expect(try violations(schema, #"{"\#(name)":1}"#) == ["/data/\(name) is not null"])
            #expect(try violations(schema, #"{"\#(name)":null}"#) == [])
            #expect(try violations(schema, #"{"\#(name)_":1}"#) == [])
            for place in 0..<length {
                var other = longest.prefix(length)
                other[place] = UInt8(ascii: "~")
                #expect(try violations(schema, #"{"\#(String(decoding: other, as: UTF8.self))":1}"#) == [])
            }
        }
    }

    @Test func ofManyMembersEachHasItsOwnRule() throws {
        let names = (0..<64).map { "member_\($0)" }
        let properties = names.enumerated().map { #""\#($1)":{"maximum":\#($0)}"# }.joined(separator: ",")
        let schema = #"{"properties":{\#(properties)},"required":["member_0","member_63"]}"#
        for (number, name) in names.enumerated() {
            let found = try violations(schema, #"{"member_63":63,"member_0":0,"\#(name)":\#(number + 1)}"#)
            #expect(found == ["/data/\(name) is \(number + 1), at most \(number) allowed"])
        }
        #expect(try violations(schema, "{}") == ["/data/member_0 is missing", "/data/member_63 is missing"])
        #expect(throws: Violation.self) { try violations(#"{"properties":{\#(properties),"x":{}}}"#, "{}") }
    }

    @Test func aMemberThatIsAskedForAndNotDeclaredIsAlwaysMissing() throws {
        #expect(try violations(#"{"properties":{"a":{}},"required":["a","b"]}"#, #"{"a":1,"b":2}"#) == ["/data/b is missing"])
    }

    @Test(arguments: [
        (#""call""#, true), (#""c\u0061ll""#, true), (#""cal""#, false), (#""calls""#, false), (#""telephone_call""#, true),
        (#""telephone_cal_""#, false), (#""""#, false), (#""Ärger""#, true), (#""\u00c4rger""#, true),
    ])
    func aChoiceIsComparedInFull(_ text: String, _ isOne: Bool) throws {
        #expect(try violations(#"{"enum":["call","telephone_call","Ärger"]}"#, text).isEmpty == isOne)
    }

    @Test(arguments: [
        (#""""#, 0), (#""a""#, 1), (#""🎉""#, 1), (#""\ud83c\udf89""#, 1), (#""ελ""#, 2), (#""\u0395\n""#, 2), (#""abc""#, 3),
        (#""αβγ""#, 3),
    ])
    func lengthsCountCharacters(_ text: String, _ length: Int) throws {
        let found = try violations(#"{"minLength":1,"maxLength":2}"#, text)
        let expected =
            length < 1
            ? ["/data has 0 characters, at least 1 asked for, at most 2 allowed"]
            : length > 2 ? ["/data has \(length) characters, at least 1 asked for, at most 2 allowed"] : []
        #expect(found == expected)
    }

    @Test(arguments: [
        ("5", true), ("0", true), ("-0", true), ("-1", false), ("1000", true), ("1001", false), ("5.0", true), ("5e0", true),
        ("5.5", false),
        ("1e400", false), ("99999999999999999999", false), ("999999999999999", false), ("1000000000000000", false), ("-5", false),
    ])
    func anIntegerHasItsBounds(_ text: String, _ isOne: Bool) throws {
        #expect(try violations(#"{"type":"integer","minimum":0,"maximum":1000}"#, text).isEmpty == isOne)
    }

    @Test func placesInsideOfArraysAreNamed() throws {
        let schema = #"{"properties":{"a":{"items":{"items":{"properties":{"b":{"type":"null"}}},"maxItems":2}}}}"#
        let found = try violations(schema, #"{"a":[[{"b":null}],[{},{"b":1}],[1,2,3]]}"#)
        #expect(found == ["/data/a/1/1/b is not null", "/data/a/2 has 3 elements, at most 2 allowed"])
    }
}
