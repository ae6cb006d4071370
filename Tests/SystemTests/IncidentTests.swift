import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// A web shop's events with planted incidents, imported as types that no catalogue has, and asked what is wrong without a word on where to look.
@Suite struct IncidentTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/data/ecom-incidents/ecom.csv.gz").path

    /// - Parameter subject: what is one journey: a visit, or a user.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: file), "the web shop is not here: ../shared/data/ecom-incidents"),
        arguments: ["visit:{session_id}", "user:{user_id}"])
    func thePlantedOnesRankFirst(subject: String) throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        let (csv, map, question) = (scratch.path + "/ecom.csv", scratch.path + "/map.json", scratch.path + "/question.json")
        let unzip = try Program.spawn("/bin/gzip", ["-dc", Self.file], standardError: scratch.path + "/gzip", standardOutput: csv)
        var status: Int32 = 0
        unsafe waitpid(unzip, &status, 0)
        try #require(status == 0)
        try """
        {"source": "/shop", "id": "{session_id}-{timestamp}-{event}", "type": "shop.web.{event}", "subject": "\(subject)", "time": "{timestamp}",
         "data": {"platform": "{platform}", "channel": "{acquisition_channel}", "cohort": "{user_cohort}", "lifecycle": "{user_lifecycle}"}}
        """.write(toFile: map, atomically: true, encoding: .utf8)
        try #"{"friction": {}}"#.write(toFile: question, atomically: true, encoding: .utf8)
        let imported = try Program.run("journeyctl", ["--socket", daemon.socketPath, "import", "--map", map, csv], in: scratch)
        #expect(imported.status == 0, "\(imported.error)")
        let asked = try Program.run("journeyctl", ["--socket", daemon.socketPath, "--output", "json", "ask", question], in: scratch)
        #expect(asked.status == 0, "\(asked.error)")
        let rows = try #require(try JSONValue(text: asked.output)["frictions"]?.elements)
        func rank(_ stage: String, _ segment: String?) -> Int? {
            rows.firstIndex { $0["stage"]?.text == stage && $0["segment"]?["value"]?.text == segment }
        }
        func period(_ rank: Int) -> [String] { ["from", "to"].map { String(rows[rank]["period"]?[$0]?.text?.prefix(10) ?? "") } }
        // Payments fail from 19 May to 7 June; what ends a period is the first moment behind it.
        let payment = try #require(rank("shop.web.payment_error", nil))
        #expect(payment == 0 && period(payment) == ["2024-05-19", "2024-06-09"], "\(payment) \(period(payment))")
        // The checkout loops on mobile devices from 9 April to 9 May; the first are too few to tell.
        let checkout = try #require(rank("shop.web.checkout_bug", "mobile"))
        #expect(checkout == 1 && rows[checkout]["segment"]?["field"]?.text == "data.platform", "\(checkout)")
        #expect(
            period(checkout)[0] >= "2024-04-09" && period(checkout)[0] <= "2024-04-16" && period(checkout)[1] == "2024-05-10",
            "\(period(checkout))")
    }
}
