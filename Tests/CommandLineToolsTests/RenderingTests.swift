import CommandLineTools
import Testing

@Suite struct RenderingTests {
    @Test func columnsLineUp() {
        var table = Table([.init("stage"), .init("entered", .right), .init("note")])
        table.append(["mql", "8000", "größer"])
        table.append(["sql 👩🏽‍💻", "12"])
        table.append(["é", "1", "", "beyond"])
        #expect(
            table.text == """
                stage  entered  note
                mql       8000  größer
                sql 👩🏽‍💻       12
                é            1

                """)
    }

    @Test func aTableWithoutTitlesHasNoHeading() {
        var table = Table([.init(""), .init("", .right)])
        table.append(["a", "1"])
        #expect(table.text == "a  1\n")
        #expect(Table([.init("a"), .init("b")]).text == "a  b\n")
    }

    @Test(arguments: [
        (0, 10, ""), (10, 10, "████"), (5, 10, "██"), (1, 8, "▌"), (1, 32, "▏"), (1, 1_000_000, "▏"), (31, 32, "███▉"), (20, 10, "████"),
        (-1, 10, ""), (1, 0, ""), (Int.max, Int.max, "████"),
    ])
    func barsAreProportional(part: Int, whole: Int, bar: String) {
        #expect(Bar.text(part, of: whole, width: 4) == bar)
    }

    @Test(arguments: [
        (0, "0 s"), (0.4, "0 s"), (-0.4, "0 s"), (42, "42 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (7800, "2 h 10 min"),
        (86_399, "1 d"), (-172_800, "-2 d"), (97_200, "1 d 3 h"), (863_999, "10 d"), (1_209_600, "14 d"), (4_185_267.8, "48 d"),
        (.infinity, "–"), (.nan, "–"), (1e300, "–"),
    ])
    func durationsAreSaidInFewWords(seconds: Double, text: String) {
        #expect(DurationText.text(seconds: seconds) == text)
    }

    @Test(arguments: [
        (1_234_560, "EUR", "12,345.60 EUR"), (5, "EUR", "0.05 EUR"), (-5, "USD", "-0.05 USD"), (0, "BRL", "0.00 BRL"),
        (1234, "JPY", "1,234 JPY"), (1234, "KWD", "1.234 KWD"), (5, "BHD", "0.005 BHD"),
        (-1_000_000, "TND", "-1,000.000 TND"), (100_000, "EUR", "1,000.00 EUR"),
        (Int64.min, "EUR", "-92,233,720,368,547,758.08 EUR"),
    ])
    func moneyHasTheDecimalsOfItsCurrency(minor: Int64, currency: String, text: String) {
        #expect(MoneyText.text(minor: minor, currency: currency) == text)
    }

    @Test func nothingActsOnTheTerminal() {
        #expect(TerminalText.escaped("a\u{1B}[31mb\r\n\tc\u{7F}\u{9B}d") == #"a\u{1B}[31mb\r\n\tc\u{7F}\u{9B}d"#)
        #expect(TerminalText.escaped("a\u{202E}b\u{2066}\u{2028}") == #"a\u{202E}b\u{2066}\u{2028}"#)
        #expect(TerminalText.escaped("größe 👩🏽‍💻 \\") == "größe 👩🏽‍💻 \\")
    }
}
