internal import CommandLineTools
internal import JourneyModel

/// An answer that is one flat object: a line for each member.
struct Facts: Answer {
    static let header = ["name", "value"]
    private let members: [JSONValue.Member]

    init(_ json: JSONValue) {
        members = json.members ?? []
    }

    var rows: [[String]] { members.map { [$0.name, $0.value.cell] } }

    var text: String {
        var table = Table([.init(""), .init("")])
        for member in members {
            table.append([TerminalText.escaped(member.name), member.name == "bytes" ? bytes(member.value) : member.value.count])
        }
        return table.text
    }

    private func bytes(_ value: JSONValue) -> String { value.integer.map(ByteCount.text) ?? value.readable }
}
