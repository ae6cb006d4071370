import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

@Suite struct JSONScannerTests {
    private func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? JSONValue(bytes.span)) != nil
    }

    @Test(arguments: [
        "0", "-0.5e+10", "\"\"", "\"a\\u0000\\n\\\"\"", "[]", "[1,[2,{}]]", "{\"a\":null , \"b\":[true,false]}", " 1 ",
        "\"\\ud83c\\udf89\"", "\"ελ🎉\"",
    ])
    func acceptsWhatRFC8259Allows(_ text: String) {
        #expect(isJSON(Array(text.utf8)))
    }

    @Test(arguments: [
        "", "01", "1.", ".5", "1e", "+1", "-", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "1 2", "\"\t\"", "[", "{",
    ])
    func refusesWhatItDoesNot(_ text: String) {
        #expect(!isJSON(Array(text.utf8)))
    }

    @Test(arguments: [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF], [0x80]] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        #expect(!isJSON([0x22] + bytes + [0x22]))
    }

    @Test func nestingHasALimit() {
        let depth = JSONScanner.maximumDepth
        #expect(isJSON(Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)))
        let deeper = Array((String(repeating: "[", count: depth + 1) + String(repeating: "]", count: depth + 1)).utf8)
        #expect(!isJSON(deeper))
        // Far deeper must not exhaust the stack either.
        #expect(!isJSON(Array(repeating: UInt8(ascii: "["), count: 1_000_000)))
    }

    /// What stands for itself, what does not, and what must not be, at every place of strings around the lengths that are read at once.
    @Test(arguments: [
        ("a", true), ("~\u{7F}", true), (#"\n"#, true), (#"\""#, true), (#"\u00e9"#, true), (#"\ud83c\udf89"#, true), ("é", true),
        ("€", true), ("🎉", true), ("\u{0}", false), ("\u{1F}", false), ("\n", false), (#"\x"#, false), (#"\u00g0"#, false),
    ])
    func aCharacterIsWhatItIsWhereverItStands(_ character: String, _ isAllowed: Bool) throws {
        for length in 0...25 {
            for place in 0...length {
                let text = String(repeating: "x", count: place) + character + String(repeating: "y", count: length - place)
                // With and without something behind it that could be read by mistake.
                for end in ["", String(repeating: " ", count: 9)] {
                    let bytes = Array(#""\#(text)"\#(end)"#.utf8)
                    do throws(JSONFault) {
                        let value = try JSONValue(bytes.span)
                        #expect(isAllowed, "\(text)")
                        let decoded = try? JSONDecoder().decode(String.self, from: Data(bytes))
                        #expect(value.text == decoded, "\(text)")
                    } catch {
                        let offset = character == #"\u00g0"# ? 4 : 0
                        #expect(!isAllowed && error.offset == 1 + place + offset, "\(text): \(error)")
                    }
                }
            }
        }
    }

    @Test func bytesThatAreNotUTF8AreFoundWhereverTheyStand() {
        for length in 0...25 {
            for place in 0...length {
                for wrong in [[0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80]] as [[UInt8]] {
                    var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    bytes.insert(contentsOf: wrong, at: place)
                    bytes = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
                    let error = #expect(throws: JSONFault.self) { try JSONValue(bytes.span) }
                    #expect(error?.offset == 1 + place)
                }
            }
        }
    }

    /// Behind the text is a page that cannot be read.
    @Test func nothingBehindTheTextIsRead() {
        let page = sysconf(Int32(_SC_PAGESIZE))
        guard let map = unsafe mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), unsafe map != MAP_FAILED
        else {
            Issue.record("no memory")
            return
        }
        defer { unsafe munmap(map, 2 * page) }
        let isGuarded = unsafe mprotect(map + page, page, PROT_NONE) == 0
        #expect(isGuarded)
        for length in 0...40 {
            let text = Array(#"{"\#(String(repeating: "k", count: length))":"\#(String(repeating: "v", count: length))"}"#.utf8)
            for count in 0...text.count {
                let place = unsafe UnsafeMutableRawBufferPointer(start: map + page - count, count: count)
                unsafe place.copyBytes(from: text.prefix(count))
                let bytes = unsafe UnsafeBufferPointer(place.bindMemory(to: UInt8.self))
                let value = unsafe try? JSONValue(bytes.span)
                #expect((value != nil) == (count == text.count))
            }
        }
    }

    /// Mutates texts at random and compares with the decoder of Foundation, where the two mean to agree.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func agreesWithFoundation(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let base = Array(#"{"id":"a\u00e9\n","n":[-1.5,0,true,null],"o":{"k":"ü🎉"},"z":[]}"#.utf8)
        var agreed = 0
        for _ in 0..<5_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = Array("{}[]\",:\\0123456789.-+eEtfnu ".utf8).randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
                }
            }
            let theirs = (try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes))) != nil
            // Foundation lets some faults pass (it reads "-01"); what it refuses must be refused here, too.
            if !theirs { #expect(!isJSON(bytes), "seed \(seed): \(String(decoding: bytes, as: UTF8.self))") }
            if theirs == isJSON(bytes) { agreed += 1 }
        }
        #expect(agreed > 4_900, "seed \(seed)")
    }

    @Test func canonicalTextIgnoresOrderAndSpelling() throws {
        let one = try JSONValue(text: #"{"b":1.0,"a":[1,"\u0041"]}"#).canonicalText
        let other = try JSONValue(text: #" { "a" : [ 1 , "A" ] , "b" : 1.00 } "#).canonicalText
        #expect(one == other)
        #expect(try JSONValue(text: #"{"a":1}"#).canonicalText != JSONValue(text: #"{"a":2}"#).canonicalText)
    }
}

/// Numbers as JSON writes them.
@Suite struct JSONNumberTests {
    @Test(arguments: [
        ("5", 5), ("-5", -5), ("5.0", 5), ("5e2", 500), ("-0.0", 0), ("9007199254740993", 9_007_199_254_740_993), ("5.5", nil),
        ("9007199254740993.0", nil), ("1e400", nil), ("99999999999999999999", nil),
    ])
    func anIntegerMayBeWrittenInSeveralWays(_ text: String, _ expected: Int?) throws {
        #expect(try JSONValue(text: text).integer == expected)
    }
}

/// Any JSON, for the decoder to walk over.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {
        if var array = try? decoder.unkeyedContainer() {
            while !array.isAtEnd { _ = try array.decode(AnyJSON.self) }
        } else if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys { _ = try object.decode(AnyJSON.self, forKey: key) }
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() { return }
            if (try? value.decode(Bool.self)) != nil || (try? value.decode(String.self)) != nil { return }
            _ = try value.decode(Double.self)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
