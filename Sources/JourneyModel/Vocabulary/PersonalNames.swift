/// Names of fields that say something about a person where no schema declares the field: `schemas/personal.json`.
package struct PersonalNames: Sendable {
    private static let maximumLength = 32

    // Lower case, without what separates words; by length, as most keys of events differ in it.
    private let names: [[[UInt8]]]

    /// Names in words, compared without regard to case, `_`, `-` and spaces.
    package init(_ names: [String]) {
        var sorted: [[[UInt8]]] = Array(repeating: [], count: PersonalNames.maximumLength + 1)
        for name in names {
            let letters = name.lowercased().utf8.filter { !PersonalNames.separates($0) }
            if letters.count <= PersonalNames.maximumLength { sorted[letters.count].append(letters) }
        }
        self.names = sorted
    }

    /// The names the program was built with.
    ///
    /// - Throws: where the shipped file cannot be read, which the tests rule out.
    package static func shipped() throws(Violation) -> PersonalNames {
        let text = EmbeddedSchemas.files.first { $0.path == "personal.json" }?.text ?? ""
        let value: JSONValue
        do throws(JSONFault) {
            value = try JSONValue(text: text)
        } catch {
            throw Violation(pointer: "personal.json", detail: "byte \(error.offset): \(error.reason)")
        }
        guard let names = value["names"]?.elements?.compactMap(\.text), !names.isEmpty else {
            throw Violation(pointer: "personal.json/names", detail: "is not a list of names")
        }
        return PersonalNames(names)
    }

    /// Whether the key that stands at `range` is one of the names.
    func contains(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var count = 0
        for index in range where !PersonalNames.separates(text[index]) { count += 1 }
        guard count < names.count else { return false }
        return names[count].contains { name in
            var place = 0
            for index in range where !PersonalNames.separates(text[index]) {
                let byte = text[index]
                guard name[place] == (0x41...0x5A ~= byte ? byte | 0x20 : byte) else { return false }
                place += 1
            }
            return true
        }
    }

    private static func separates(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ")
    }
}
