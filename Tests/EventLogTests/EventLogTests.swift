import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

@Suite struct EventLogTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private func open(_ options: EventLog.Options = .small) throws -> EventLog {
        try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: options)
    }

    @Test func positionsBeginAtOneWithoutGapsAndSurviveClosing() async throws {
        for round in 0..<3 {
            let log = try open()
            #expect(log.tail == Position(round * 10))
            let batch = try reader.batch((0..<10).map { eventJSON("\(round)-\($0)") })
            let outcome = try await log.appendAndWait(batch).get()
            #expect(outcome.first == Position(round * 10 + 1) && outcome.last == Position(round * 10 + 10))
            #expect(outcome.appended == 10 && outcome.duplicates == 0)
            #expect(try log.allEvents().map(\.position) == Array(1...Position(round * 10 + 10)))
            log.close()
        }
    }

    @Test func whatComesBackIsWhatWentIn() async throws {
        let log = try open()
        let text =
            #"{"specversion":"1.0","id":"ü\u0000","source":"/s","type":"t","subject":"lead:Ε🎉","account":"account:a","x":"1","time":"2026-01-01T00:00:00.5Z","data":{ "a" : 1.50 }}"#
        _ = try await log.appendAndWait(reader.batch([text])).get()
        let event = try #require(try log.event(at: 1))
        #expect(event.id == "ü\0" && event.source == "/s" && event.type == "t" && event.subject == "lead:Ε🎉")
        #expect(event.account == "account:a" && event.time.text == "2026-01-01T00:00:00.5Z")
        #expect(String(decoding: event.extensions, as: UTF8.self) == #""x":"1""#)
        #expect(String(decoding: event.data, as: UTF8.self) == #"{ "a" : 1.50 }"#)
        #expect(try log.event(at: 2) == nil)
        log.close()
    }

    @Test func anEventSentAgainKeepsItsPositionEvenAfterARestart() async throws {
        do {
            let log = try open()
            _ = try await log.appendAndWait(reader.batch([eventJSON("1"), eventJSON("2", data: #"{"a":1,"b":2}"#)])).get()
            log.close()
        }
        let log = try open()
        // The same event written another way is still the same event.
        let again = try await log.appendAndWait(reader.batch([eventJSON("2", data: #"{ "b":2.0, "a":1 }"#)])).get()
        #expect(again.first == 2 && again.last == 2 && again.appended == 0 && again.duplicates == 1)
        let mixed = try await log.appendAndWait(reader.batch([eventJSON("1"), eventJSON("3"), eventJSON("3")])).get()
        #expect(mixed.first == 1 && mixed.last == 3 && mixed.appended == 1 && mixed.duplicates == 2)
        // Another source is another event.
        #expect(try await log.appendAndWait(reader.batch([eventJSON("1", source: "/other")])).get().appended == 1)
        #expect(log.tail == 4)
        log.close()
    }

    @Test func anEventWithoutTimeSentAgainIsTheSame() async throws {
        let log = try open()
        _ = try await log.appendAndWait(reader.batch([eventJSON("1", time: nil)], receivedAt: Timestamp(microseconds: 1))).get()
        let again = try await log.appendAndWait(reader.batch([eventJSON("1", time: nil)], receivedAt: Timestamp(microseconds: 2))).get()
        #expect(again.duplicates == 1)
        log.close()
    }

    @Test(arguments: [
        eventJSON("2", type: "other"), eventJSON("2", subject: "lead:2"), eventJSON("2", time: "2026-01-02T00:00:00Z"),
        eventJSON("2", account: "account:a"), eventJSON("2", data: #"{"a":1}"#), eventJSON("2", time: nil),
    ])
    func otherContentUnderTheSameIdentityConflicts(_ text: String) async throws {
        let log = try open()
        _ = try await log.appendAndWait(reader.batch([eventJSON("1"), eventJSON("2")])).get()
        let result = try await log.appendAndWait(reader.batch([eventJSON("3"), text, eventJSON("4")]))
        #expect(result == .failure(.conflict(Conflict(index: 1, position: 2))))
        #expect(log.tail == 2, "nothing of a request that is all or none")
        // What was taken back leaves no trace in the index, or this would count as a duplicate.
        let next = try await log.appendAndWait(reader.batch([eventJSON("3"), text]), isAtomic: false).get()
        #expect(next.appended == 1 && next.first == 3 && next.conflicts == [Conflict(index: 1, position: 2)])
        log.close()
    }

    @Test func aDirectoryInUseIsNotOpenedTwice() throws {
        let directory = try DataDirectory(path: scratch.path + "/data")
        let error = #expect(throws: LogError.self) { _ = try DataDirectory(path: scratch.path + "/data") }
        guard case .inUse(let by) = error else {
            Issue.record("opened: \(String(describing: error))")
            return
        }
        #expect(by.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
        withExtendedLifetime(directory) {}
    }

    @Test func aFullLogRefusesAndReadsGoOn() async throws {
        var options = EventLog.Options()
        options.mapSize = 1 << 20
        let log = try open(options)
        let data = #"{"p":"\#(String(repeating: "x", count: 10_000))"}"#
        var stored = 0
        var refusal: AppendFailure?
        while refusal == nil, stored < 1_000 {
            switch try await log.appendAndWait(reader.batch([eventJSON("\(stored)", data: data)])) {
            case .success: stored += 1
            case .failure(let failure): refusal = failure
            }
        }
        guard case .log(.full) = refusal else {
            Issue.record("\(String(describing: refusal)) after \(stored)")
            return
        }
        #expect(try log.allEvents().count == stored)
        // What was refused is not remembered as stored.
        let again = try await log.appendAndWait(reader.batch([eventJSON("\(stored)", data: data)]))
        guard case .failure(.log(.full)) = again else {
            Issue.record("\(again)")
            return
        }
        #expect(try await log.appendAndWait(reader.batch([eventJSON("0", data: data)])).get().duplicates == 1)
        log.close()
    }

    @Test func everyFlippedByteOfARecordIsNamed() async throws {
        let marker = "lead:flip-me"
        do {
            let log = try open()
            _ = try await log.appendAndWait(reader.batch([eventJSON("1"), eventJSON("2", subject: marker, data: #"{"a":1}"#)])).get()
            log.close()
        }
        let file = scratch.url.appending(path: "data/log/00000001/data.mdb")
        let original = try Data(contentsOf: file)
        let place = try #require(original.firstRange(of: Data(marker.utf8)))
        // The record around the marker: its header and id before, its data behind.
        for index in (place.lowerBound - 45)..<(place.upperBound + 7) {
            var damaged = original
            damaged[index] ^= 0x10
            try damaged.write(to: file)
            let log = try open()
            var read: [Position] = []
            let error = #expect(throws: LogError.self, "byte \(index - place.lowerBound) of the marker") {
                try log.read(after: 0) { (record, _) in
                    read.append(record.position)
                    return true
                }
            }
            guard case .damaged(2, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(read == [1], "what is intact stays readable")
            // Without knowing all identities an event could be stored twice.
            let refusal: AppendFailure?
            let batch = try reader.batch([eventJSON("2")])
            do {
                if case .failure(let failure) = try await log.appendAndWait(batch) { refusal = failure } else { refusal = nil }
            } catch let error as LogError {
                refusal = .log(error)
            }
            guard case .log(.readOnly(let reason)) = refusal else {
                Issue.record("\(String(describing: refusal))")
                continue
            }
            #expect(reason.contains("position 2"))
            #expect(log.verify { _ in true }.damages.map(\.position) == [2])
            log.close()
        }
        try original.write(to: file)
        let log = try open()
        #expect(log.tail == 2)
        log.close()
    }

    @Test func manyClientsShareCommitsAndNothingIsLostOrDoubled() async throws {
        let log = try open()
        let reader = reader
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<16 {
                group.addTask {
                    for number in 0..<50 {
                        let texts = [eventJSON("\(client)-\(number)"), eventJSON("shared-\(number)")]
                        _ = try await log.appendAndWait(reader.batch(texts)).get()
                    }
                }
            }
            try await group.waitForAll()
        }
        let events = try log.allEvents()
        #expect(events.count == 16 * 50 + 50)
        #expect(Set(events.map(\.id)).count == events.count)
        // Each client's events are in the order in which it sent them.
        for client in 0..<16 {
            let own = events.map(\.id).filter { $0.hasPrefix("\(client)-") }
            #expect(own == (0..<50).map { "\(client)-\($0)" })
        }
        log.close()
    }

    @Test func aClosedLogFinishesWhatWaitsAndTakesNoMore() async throws {
        let log = try open()
        log.close()
        await #expect(throws: LogError.closed) { _ = try await log.appendAndWait(reader.batch([eventJSON("1")])) }
    }
}
