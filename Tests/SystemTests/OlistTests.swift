import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// The marketing funnel of a Brazilian marketplace, imported with the two maps that ship in `docs/examples/olist`.
@Suite struct OlistTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let data = root.deletingLastPathComponent().appending(path: "shared/data/olist-marketing-funnel").path

    @Test(.enabled(if: FileManager.default.fileExists(atPath: data), "the Olist files are not here: ../shared/data/olist-marketing-funnel"))
    func theFunnelIsTheOneThatIsKnown() throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        func load(_ map: String, _ file: String) throws -> (status: Int32, output: String, error: String) {
            try Program.run(
                "journeyctl",
                [
                    "--socket", daemon.socketPath, "import", "--map", Self.root.path + "/docs/examples/olist/\(map)",
                    "\(Self.data)/\(file)",
                ], in: scratch)
        }
        let files = [
            ("leads.map.json", "olist_marketing_qualified_leads_dataset.csv"), ("deals.map.json", "olist_closed_deals_dataset.csv"),
        ]
        for (map, file) in files {
            let loaded = try load(map, file)
            #expect(loaded.status == 0, "\(loaded.error)")
        }
        let answer = try daemon.get("/v1/funnel?after=8842").text
        let stages = try #require(try JSONValue(text: answer)["stages"]?.elements)
        func stage(_ name: String) throws -> JSONValue { try #require(stages.first { $0["stage"]?.text == name }) }
        let mql = try stage("mql")
        #expect(mql["entered"]?.integer == 8000 && mql["converted"]?.integer == 842)
        #expect(mql["undecided"]?.integer == 0 && mql["dropped"]?.integer == 7158)
        #expect(try stage("committed")["entered"]?.integer == 842)
        let times = try #require(mql["timeToNext"])
        #expect(times["n"]?.integer == 842 && times["median"]?.integer == 14 * 86_400)
        #expect(times["min"]?.integer == -2 * 86_400 && times["max"]?.integer == 427 * 86_400)
        // The deal that was won two days before its first contact.
        #expect(mql["contradictions"]?.integer == 1)

        for (map, file) in files {
            let again = try load(map, file)
            #expect(again.status == 0, "\(again.error)")
        }
        let status = try #require(try daemon.get("/v1/status").json)
        #expect(status["position"]?.integer == 8842 && status["log"]?["duplicates"]?.integer == 8842)
    }
}
