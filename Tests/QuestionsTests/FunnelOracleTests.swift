import Foundation
import JourneyModel
import TestSupport
import Testing

/// What ClickHouse 26.9 answers for `windowFunnel`, asked as questions.
@Suite struct FunnelOracleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let file = root.deletingLastPathComponent().appending(path: "shared/data/funnel-oracle/window_funnel_26_9.jsonl.gz").path

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: file),
            "the answers are not here: ../shared/data/funnel-oracle/window_funnel_26_9.jsonl.gz"))
    func everyAnswerIsTheSame() async throws {
        let journeys = try Self.journeys()
        #expect(journeys.count == 300)
        let house = try await QuestionHouse.with(journeys.flatMap { $0.events })
        let settings = try #require(journeys.first).expect.map(\.setting)
        var (equal, asked) = (0, 0)
        for setting in settings {
            let levels = try house.levels(try Self.funnel(setting))
            for journey in journeys {
                guard let expected = journey.expect.first(where: { $0.setting == setting })?.level else { continue }
                asked += 1
                if levels["lead:\(journey.id)", default: 0] == expected || journey.orderDependent.contains(setting) { equal += 1 }
            }
        }
        #expect(equal == asked && asked == 23_400, "\(equal) of \(asked) are equal")
    }

    private struct Journey {
        let id: Int
        let events: [String]
        let expect: [(setting: String, level: Int)]
        let orderDependent: Set<String>
    }

    private static func journeys() throws -> [Journey] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/zcat")
        process.arguments = [file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        return try lines.map { line in
            let value = try JSONValue(text: String(line))
            let id = value["id"]?.integer ?? -1
            let events = (value["events"]?.elements ?? []).enumerated().map { number, event in
                let (second, mask) = (event.elements?[0].integer ?? 0, event.elements?[1].integer ?? 0)
                let steps = (0..<4).filter { mask >> $0 & 1 != 0 }.map { #""s\#($0)":true"# }.joined(separator: ",")
                let time = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(second) * 1_000_000).text
                return eventJSON("\(id)-\(number)", subject: "lead:\(id)", time: time, data: "{\(steps)}")
            }
            let expect = (value["expect"]?.members ?? []).map { ($0.name, $0.value.integer ?? -1) }
            let dependent = (value["order_dependent"]?.elements ?? []).compactMap(\.text)
            return Journey(id: id, events: events, expect: expect, orderDependent: Set(dependent))
        }
    }

    /// `steps=3;window=10;mode=strict_order+strict_once` as a funnel.
    private static func funnel(_ setting: String) throws -> String {
        let parts = Dictionary(
            uniqueKeysWithValues: setting.split(separator: ";").map { part in
                let sides = part.split(separator: "=").map(String.init)
                return (sides[0], sides[1])
            })
        let count = try #require(parts["steps"].flatMap { Int($0) })
        let steps = (0..<count).map { #"{"where":{"data.s\#($0)":true}}"# }.joined(separator: ",")
        let modes = (parts["mode"] ?? "default").split(separator: "+").filter { $0 != "default" }.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"steps":[\#(steps)],"window":\#(parts["window"] ?? ""),"semantics":"clickhouse/26.9","modes":[\#(modes)]}"#
    }
}
