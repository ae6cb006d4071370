import JourneyModel
import TestSupport
import Testing

/// What `make demo` shows: the planted frictions come first, and a company without them raises none. SEEDS=20 for twenty companies of each kind.
@Suite(.serialized) struct PlantedFrictionTests {
    /// - Parameter isAsked: of `POST /v1/questions`, else of the view.
    private static func frictions(_ arguments: [String], isAsked: Bool = false) throws -> [JSONValue] {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "5000"] + arguments, in: scratch)
        let answer = try daemon.post(simulated.output, "application/x-ndjson")
        let last = answer.lines.compactMap { $0["last"]?.integer }.max() ?? 0
        if isAsked {
            let answer = try daemon.post(#"{"friction":{"limit":1000},"at":"2027-01-01"}"#, "application/json", to: "/v1/questions")
            return try #require(answer.json?["frictions"]?.elements)
        }
        return try #require(try daemon.get("/v1/friction?at=2027-01-01&after=\(last)").json?["frictions"]?.elements)
    }

    private static func name(_ row: JSONValue) -> String {
        let segment = row["segment"]
        return
            "\(row["measure"]?.text ?? "") \(row["stage"]?.text ?? "") \(segment?["field"]?.text ?? "-")=\(segment?["value"]?.text ?? "-")"
    }

    @Test(arguments: 1...Seeds.count(3)) func thePlantedOnesComeFirst(seed: Int) throws {
        let rows = try Self.frictions(["--seed", "\(seed)"])
        let first = Set(rows.prefix(3).map(Self.name))
        #expect(
            first == [
                "handoff-wait sal data.region=north", "rework invoice data.product=atlas", "ping-pong case data.segment=enterprise",
            ], "\(rows.prefix(6).map(Self.name))")
        #expect(rows.filter { $0["segment"] != .null }.count == 3, "\(rows.filter { $0["segment"] != .null }.map(Self.name))")
    }

    @Test(arguments: 1...Seeds.count(3)) func withoutPlantedFrictionNoneIsRaised(seed: Int) throws {
        let rows = try Self.frictions(["--seed", "\(seed)", "--without-friction"])
        #expect(rows.allSatisfy { $0["segment"] == .null }, "\(rows.filter { $0["segment"] != .null }.map(Self.name))")
        #expect(rows.count > 10)
    }

    /// With every measure, and deviations that need no map: what stands out is what was planted, and nothing where nothing was.
    @Test(arguments: 1...Seeds.count(3)) func theQuestionFindsThePlantedOnesAndNoOthers(seed: Int) throws {
        func standing(_ rows: [JSONValue]) -> [String] {
            rows.filter { ($0["segment"] ?? .null) != .null || ($0["period"] ?? .null) != .null }.map(Self.name)
        }
        let rows = try Self.frictions(["--seed", "\(seed)"], isAsked: true)
        let planted = ["data.region=north", "data.product=atlas", "data.segment=enterprise"]
        let found = standing(rows)
        #expect(found.allSatisfy { name in planted.contains { name.hasSuffix($0) } }, "\(found)")
        #expect(
            planted.allSatisfy { segment in rows.prefix(6).map(Self.name).contains { $0.hasSuffix(segment) } },
            "\(rows.prefix(6).map(Self.name))")
        let quiet = standing(try Self.frictions(["--seed", "\(seed)", "--without-friction"], isAsked: true))
        #expect(quiet.isEmpty, "\(quiet)")
    }
}
