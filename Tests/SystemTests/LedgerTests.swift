import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// What the ledger must find: a harness that finds no fault where there is one proves nothing.
@Suite struct LedgerTests {
    private let scratch: Scratch
    private let daemon: Daemon
    private var ledger = Ledger()

    /// A daemon that holds the events 1, 2 and 3, and a ledger that knows of 4 as well.
    init() throws {
        scratch = try Scratch()
        daemon = try Daemon(scratch)
        for id in 1...4 {
            let text = eventJSON("\(id)", time: "2026-01-0\(id)T00:00:00Z", data: #"{"a":\#(id)}"#)
            _ = ledger.add(source: "/test", id: "\(id)", subject: "lead:1", text: text)
            if id < 4 { #expect(try daemon.post(text).status == 200) }
        }
        try ledger.readNew(daemon)
        #expect(ledger.tail == 3 && ledger.faults.count == 0, "\(ledger.faults.words)")
    }

    /// A record of one connection that sent these events, numbered from 0, and was answered as told.
    private func record(
        _ events: [Int], conflicts: Set<Int> = [], first: Int?, last: Int?, appended: Int, duplicates: Int, rejected: [Int: String] = [:]
    ) -> TortureRecord {
        let lines = events.map { TortureLine(event: $0, isConflict: conflicts.contains($0), text: ledger.events[$0].text) }
        var record = TortureRecord(TorturePlan(form: .arrays, units: [lines]))
        record.acknowledgements = [
            .init(lines: lines.indices, first: first, last: last, appended: appended, duplicates: duplicates, rejected: rejected)
        ]
        return record
    }

    private func faults(_ record: TortureRecord, after start: Int = 0) -> Ledger.Faults {
        var judged = ledger
        _ = judged.judge(record, after: start, shared: [])
        return judged.faults
    }

    @Test func whatIsRightIsNoFault() {
        #expect(faults(record([0, 1, 2], first: 1, last: 3, appended: 3, duplicates: 0)).count == 0)
        #expect(faults(record([0, 1, 2], first: 1, last: 3, appended: 1, duplicates: 2), after: 2).count == 0)
        #expect(faults(record([0, 1, 0], first: 1, last: 2, appended: 2, duplicates: 1)).count == 0)
        let refused = record([0, 1], conflicts: [0], first: 2, last: 2, appended: 0, duplicates: 1, rejected: [0: "conflicting-duplicate"])
        #expect(faults(refused, after: 3).count == 0)
    }

    @Test func answersThatAreNotTrueAreFaults() {
        #expect(faults(record([0, 3], first: 1, last: 4, appended: 2, duplicates: 0)).lost == 1)
        #expect(faults(record([0, 1], first: 1, last: 3, appended: 2, duplicates: 0)).outOfOrder == 1)
        #expect(faults(record([1, 0], first: 1, last: 2, appended: 2, duplicates: 0)).outOfOrder == 1)
        #expect(faults(record([0, 1], first: 1, last: 2, appended: 2, duplicates: 0), after: 2).duplicated == 1)
        #expect(faults(record([0, 1], first: 1, last: 2, appended: 1, duplicates: 1)).duplicated == 1)
        #expect(faults(record([0, 1], conflicts: [0], first: 2, last: 2, appended: 1, duplicates: 0), after: 1).other == 1)
    }

    @Test func anEventStoredWithoutTheOneBeforeItIsAFault() {
        var unanswered = record([0, 3, 2], first: nil, last: nil, appended: 0, duplicates: 0)
        unanswered.acknowledgements = []
        #expect(faults(unanswered).outOfOrder == 1)
    }

    @Test func aRefusalWithoutAConflictIsAFault() {
        var refused = record([0], first: nil, last: nil, appended: 0, duplicates: 0)
        refused.acknowledgements = []
        refused.refusals = [.init(lines: 0..<1, status: 409, code: "conflicting-duplicate")]
        #expect(faults(refused).other == 1)
    }

    @Test func anotherLogIsFoundOut() throws {
        let otherScratch = try Scratch()
        let other = try Daemon(otherScratch)
        for id in ["7", "8", "9", "1"] { #expect(try other.post(eventJSON(id)).status == 200) }
        var judged = ledger
        try judged.readAgain(other)
        #expect(judged.faults.lost == 3, "other events are at positions 1, 2 and 3")
        judged = ledger
        try judged.readNew(other)
        #expect(judged.faults.duplicated == 1 && judged.faults.other == 1, "1 is at 4 too, with other content: \(judged.faults.words)")
    }

    @Test func personalDataThatWasErasedMustNotComeBack() throws {
        let (subject, other) = ("lead:5", try Scratch())
        let daemon = try Daemon(other)
        var ledger = Ledger()
        let text = eventJSON("1", subject: subject, data: #"{"email":"\#(Ledger.mark(subject))x@example.org"}"#)
        _ = ledger.add(source: "/test", id: "1", subject: subject, text: text)
        #expect(try daemon.post(text).status == 200)
        try ledger.readNew(daemon)
        ledger.setErasure(.asked, subject: subject)
        try ledger.readAgain(daemon)
        #expect(ledger.faults.count == 0)
        ledger.setErasure(.done, subject: subject)
        try ledger.readAgain(daemon)
        #expect(ledger.faults.other == 1)
    }

    /// The directory as it was a round ago: all that was acknowledged since is lost.
    @Test func anOlderDirectoryIsFoundOut() throws {
        var random = Seeded(seed: 7)
        let bench = try TortureBench(random: &random)
        let copy = bench.scratch.path + "/copy"
        for round in 1...2 {
            if round == 2 { try FileManager.default.copyItem(atPath: bench.data, toPath: copy) }
            let life = try #require(try bench.life(.append, round: round, random: &random))
            #expect(life.records.contains { !$0.acknowledgements.isEmpty })
            if round == 2 {
                try FileManager.default.removeItem(atPath: bench.data)
                try FileManager.default.moveItem(atPath: copy, toPath: bench.data)
            }
            try bench.check(life.records, shared: life.shared, isFull: true, random: &random)
            #expect((bench.ledger.faults.lost > 0) == (round == 2), "\(bench.ledger.faults.words)")
        }
    }
}
