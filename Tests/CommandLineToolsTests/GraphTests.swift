import CommandLineTools
import JourneyModel
import Testing

@Suite struct GraphTests {
    private static func graph(edges: Int = 10) throws -> PathGraph {
        PathGraph(
            try JSONValue(
                text: #"""
                    {"activities":[{"activity":"a \"<&>\"","count":9,"starts":5,"ends":0},{"activity":"b","count":4,"starts":0,"ends":3},
                                   {"activity":"c","count":1,"starts":0,"ends":0}],
                     "edges":[{"from":"a \"<&>\"","to":"b","count":4,"waiting":{"median":90}},{"from":"b","to":"a \"<&>\"","count":2,"waiting":{"median":0.5}},
                              {"from":"a \"<&>\"","to":"a \"<&>\"","count":2,"waiting":null},{"from":"b","to":"c","count":1,"waiting":null}]}
                    """#), edges: edges)
    }

    @Test func theMostFrequentEdgesAndTheirNodesAreKept() throws {
        let graph = try Self.graph(edges: 2)
        #expect(graph.nodes.map(\.name) == ["a \"<&>\"", "b"])
        #expect(graph.edges.map { [$0.from, $0.to, $0.count] } == [[0, 1, 4], [1, 0, 2]] && graph.edges[0].median == 90)
        #expect(try Self.graph().nodes.count == 3)
    }

    @Test func dotQuotesNames() throws {
        let text = DotText.text(try Self.graph())
        #expect(text.hasPrefix("digraph paths {") && text.hasSuffix("}\n"))
        #expect(text.contains(#"n0 [label="a \"<&>\"\n9""#) && text.contains(#"n0 -> n1 [label="4\n1 min 30 s", penwidth=5.0];"#))
        #expect(text.contains(#"start -> n0 [label="5", style=dashed];"#) && text.contains(#"n1 -> end [label="3", style=dashed];"#))
    }

    @Test func layersFollowTheFlowAndCyclesDoNotTangleThem() throws {
        #expect(GraphLayout(try Self.graph()).layers == [[0], [1], [2]])
        #expect(GraphLayout(PathGraph(.object([]), edges: 5)).layers == [])
    }

    @Test func svgEscapesNamesAndHasEveryNodeAndEdge() throws {
        let text = SVGText.text(try Self.graph())
        #expect(text.hasPrefix("<svg xmlns=") && text.hasSuffix("</svg>\n"))
        #expect(text.contains("a &quot;&lt;&amp;&gt;&quot;") && !text.contains("<&>"))
        #expect(text.ranges(of: "<rect x=").count == 3 && text.ranges(of: "marker-end").count == 4)
        // Never a number that is none.
        #expect(SVGText.text(PathGraph(.object([]), edges: 5)).contains("<svg") && !text.contains("nan"))
    }

    @Test(arguments: [
        ("30d", "P30D"), ("36h", "PT36H"), ("2w", "P2W"), ("90min", "PT90M"), ("45s", "PT45S"), ("P1DT2H", "P1DT2H"), ("0d", nil),
        ("d", nil),
        ("30", nil), ("-3d", nil), ("3 d", nil), ("99999999999999999999d", nil),
    ])
    func spansAreReadAsPeopleTypeThem(text: String, iso: String?) {
        #expect(SpanText.iso(text) == iso)
    }
}
