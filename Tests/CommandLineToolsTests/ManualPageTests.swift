import CommandLineTools
import JourneyModel
import Testing

@Suite struct ManualPageTests {
    private static let command = #"""
        {"commandName": "emit", "superCommands": ["tool"], "abstract": "Do it.", "discussion": "First.\nA line.\n\n  tool emit -x\n  .dots\n\nLast.",
         "arguments": [
          {"kind": "option", "isOptional": true, "isRepeating": false, "names": [{"kind": "long", "name": "type"}, {"kind": "short", "name": "t"}],
           "valueName": "kind", "abstract": "What.", "defaultValue": "a", "allValues": ["a", "b"], "shouldDisplay": true},
          {"kind": "flag", "isOptional": true, "names": [{"kind": "long", "name": "yes"}], "valueName": "yes", "abstract": "Sure."},
          {"kind": "flag", "isOptional": true, "names": [{"kind": "long", "name": "secret"}], "shouldDisplay": false},
          {"kind": "positional", "isOptional": false, "isRepeating": true, "valueName": "file", "abstract": "Where to."}]}
        """#

    private func page() throws -> String {
        ManualPage.text(try JSONValue(text: Self.command), section: 1, version: "1.2", extra: [(title: "SEE ALSO", body: ".BR tool (1)")])
    }

    @Test func itHasTheSectionsOfAPage() throws {
        let lines = try page().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.filter { $0.hasPrefix(".SH ") } == [
                ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH ARGUMENTS", ".SH OPTIONS", ".SH SEE ALSO",
            ])
        #expect(lines.first == #".TH TOOL-EMIT 1 "" "journeyd 1.2""#)
        #expect(lines.contains(#"tool\-emit \- Do it."#))
        #expect(lines.contains(#"[\fB\-\-type\fR, \fB\-t\fR \fIkind\fR]"#))
        #expect(lines.contains(#"\fIfile\fR …"#))
        #expect(lines.contains("What. One of a, b. The default is a."))
        #expect(try !page().contains("secret"))
    }

    @Test func examplesStandAsTheyAreAndNothingIsTakenForACommand() throws {
        let text = try page()
        #expect(text.contains(".nf\n.RS\ntool emit \\-x\n\\&.dots\n\n.RE\n.fi\n.PP\nLast.\n"), "\(text)")
    }
}

@Suite struct MetricSamplesTests {
    @Test func samplesAreReadByNameAndSummedOverLabels() {
        let samples = MetricSamples(
            """
            # HELP a_total What.
            # TYPE a_total counter
            a_total{code="x y",b="1"} 2
            a_total{code="z"} 3.5
            a_total_more 100
            b 1e3
            nonsense
            c{} NaN
            """)
        #expect(samples["b"] == 1000 && samples["a_total"] == nil && samples["none"] == nil)
        #expect(samples.sum("a_total") == 5.5 && samples.sum("none") == 0)
    }
}
