import JourneyModel
import TestSupport
import Testing

/// Symbols that come many at a time are those that come one by one.
@Suite struct SymbolTableTests {
    @Test(arguments: 1...Seeds.count(30))
    func manyAtATimeAreAsOneByOne(seed: Int) {
        var random = Seeded(seed: UInt64(seed))
        var texts: [[UInt8]] = []
        for number in 0..<Int.random(in: 1...3_000, using: &random) {
            texts.append(Array(String(repeating: "x", count: Int.random(in: 0...20, using: &random)).utf8) + Array("\(number)".utf8))
        }
        texts.shuffle(using: &random)
        texts.removeDuplicates()
        var (one, many) = (SymbolTable(), SymbolTable())
        for text in texts { _ = one.intern(text.span) }
        if Bool.random(using: &random) { many.reserve(texts.count, bytes: texts.reduce(0) { $0 + $1.count }) }
        var rest = texts[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Int.random(in: 1...500, using: &random)))
            rest = rest.dropFirst(part.count)
            let isWhole = append(part, to: &many)
            #expect(isWhole, "seed \(seed)")
        }
        #expect(many.count == one.count, "seed \(seed)")
        for (number, text) in texts.enumerated() where many.symbol(text.span) != UInt32(number) || one.symbol(text.span) != UInt32(number) {
            Issue.record("seed \(seed): text \(number)")
        }
        // One that is there already ends it; those before it are in, and others find their places.
        let isWhole = append([Array("new".utf8), texts[0], Array("newer".utf8)], to: &many)
        #expect(!isWhole && many.symbol("new") == UInt32(texts.count), "seed \(seed)")
        #expect(many.symbol("newer") == nil)
        let next = many.intern("newer")
        #expect(next == UInt32(texts.count) + 1 && many.count == texts.count + 2)
        let text = texts[0]
        let first = many.symbol(text.span)
        #expect(many.symbol("newer") == UInt32(texts.count) + 1 && first == 0)
    }

    private func append(_ texts: [[UInt8]], to table: inout SymbolTable) -> Bool {
        let (bytes, lengths) = (texts.flatMap(\.self), texts.map { UInt16($0.count) })
        return table.append(bytes.span, lengths: lengths.span)
    }
}

extension [[UInt8]] {
    fileprivate mutating func removeDuplicates() {
        var seen: Set<[UInt8]> = []
        removeAll { !seen.insert($0).inserted }
    }
}
