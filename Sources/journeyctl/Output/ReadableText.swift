internal import CommandLineTools
internal import JourneyModel

extension JSONValue {
    /// The value for people, with what a terminal would act upon made visible; `–` for what is not there.
    var readable: String {
        self == .null ? "–" : TerminalText.escaped(cell)
    }

    /// A span of seconds for people.
    var duration: String {
        number.map { DurationText.text(seconds: $0) } ?? "–"
    }

    /// An integer with its digits in groups.
    var count: String {
        integer.map(\.grouped) ?? readable
    }

    /// Amounts of money for people.
    var money: String {
        (elements ?? []).map { amount in
            guard let minor = amount["minor"]?.integer, let currency = amount["ccy"]?.text else { return amount.readable }
            return MoneyText.text(minor: Int64(minor), currency: TerminalText.escaped(currency))
        }.joined(separator: ", ")
    }

    /// A moment to the second: what events of people's work are told apart by.
    var moment: String {
        guard let text, let time = Timestamp(text) else { return readable }
        let second = Timestamp(microseconds: time.microseconds - (time.microseconds % 1_000_000 + 1_000_000) % 1_000_000)
        return second.text
    }
}

extension BinaryInteger {
    /// The digits in groups of three.
    var grouped: String {
        let digits = String(magnitude)
        let text = digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset).isMultiple(of: 3) { text.append(",") }
            text.append(digit.element)
        }
        return self < 0 ? "-" + text : text
    }
}

extension Table {
    /// The table with its titles emphasised.
    var styled: String {
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return Style.strong(String(lines[0])) + "\n" + lines.dropFirst().joined()
    }
}
