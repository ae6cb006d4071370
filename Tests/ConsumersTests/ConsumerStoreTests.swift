import Consumers
import EventLog
import Glibc
import JourneyModel
import TestSupport
import Testing

@Suite struct ConsumerStoreTests {
    private let scratch: Scratch
    private let directory: DataDirectory

    init() throws {
        scratch = try Scratch()
        directory = try DataDirectory(path: scratch.path + "/data")
    }

    private func consumer(_ name: String, _ filter: ConsumerFilter = ConsumerFilter(), start: Position = 0) -> Consumer {
        Consumer(name: name, filter: filter, start: start, creator: 7)
    }

    @Test func whatWasAcknowledgedIsThereWhenItIsOpenedAgain() throws {
        let filter = ConsumerFilter(type: "sales.*", source: "/crm \"x\"", subject: "lead:Ε", journey: nil)
        do {
            let store = ConsumerStore(directory: directory, tail: 10)
            #expect(try store.create(consumer("a", filter, start: 2)).isNew)
            #expect(try store.create(consumer("b")).isNew)
            #expect(try store.acknowledge("a", 7, tail: 10).position == 7)
            _ = try store.delete("b")
        }
        let store = ConsumerStore(directory: directory, tail: 10)
        let all = try store.all
        #expect(all.map(\.name) == ["a"] && all[0].filter == filter && all[0].position == 7 && all[0].creator == 7)
        #expect(all[0].acknowledgedAt != nil)
    }

    @Test func positionsNeitherGoBackNorBeyondTheLog() throws {
        let store = ConsumerStore(directory: directory, tail: 10)
        _ = try store.create(consumer("a"))
        #expect(try store.acknowledge("a", 5, tail: 10).position == 5)
        #expect(try store.acknowledge("a", 3, tail: 10).position == 5)
        #expect(throws: ConsumerFault.ahead(tail: 10)) { try store.acknowledge("a", 11, tail: 10) }
        #expect(throws: ConsumerFault.unknown("x")) { try store.acknowledge("x", 1, tail: 10) }
        #expect(try store.consumer("a").position == 5)
    }

    @Test func aLogThatLostItsEndIsFollowedFromThere() throws {
        do {
            let store = ConsumerStore(directory: directory, tail: 10)
            _ = try store.create(consumer("a", start: 9))
        }
        #expect(try ConsumerStore(directory: directory, tail: 4).consumer("a").position == 4)
    }

    @Test func anotherFilterIsAnotherConsumer() throws {
        let store = ConsumerStore()
        let first = try store.create(consumer("a", ConsumerFilter(type: "x.*"), start: 3)).consumer
        let again = try store.create(consumer("a", ConsumerFilter(type: "x.*"), start: 9))
        #expect(!again.isNew && again.consumer == first, "where it is, it stays")
        #expect(throws: ConsumerFault.different(first)) { try store.create(consumer("a", ConsumerFilter(type: "y.*"))) }
    }

    @Test func thereIsALimit() throws {
        let store = ConsumerStore()
        for number in 0..<ConsumerStore.maximumConsumers { _ = try store.create(consumer("c\(number)")) }
        #expect(throws: ConsumerFault.tooMany(maximum: ConsumerStore.maximumConsumers)) { try store.create(consumer("more")) }
        #expect(try !store.create(consumer("c1")).isNew)
        _ = try store.delete("c1")
        #expect(try store.create(consumer("more")).isNew)
    }

    @Test(arguments: [
        ("a", true), ("A.b_c-9", true), ("9", true), ("", false), (".a", false), ("a/b", false), ("ä", false), ("a b", false),
    ])
    func namesAreWords(_ name: String, _ isOne: Bool) {
        #expect((Consumer.fault(inName: name) == nil) == isOne)
        #expect(Consumer.fault(inName: String(repeating: "x", count: 64)) == nil)
        #expect(Consumer.fault(inName: String(repeating: "x", count: 65)) != nil)
    }

    /// A position that was flipped is not believed: the store says that it is damaged, and answers nothing.
    @Test func damageIsNoticed() throws {
        do {
            let store = ConsumerStore(directory: directory, tail: 10)
            _ = try store.create(consumer("a", start: 7))
        }
        let path = scratch.path + "/data/consumers/data.mdb"
        let descriptor = unsafe open(path, O_RDWR)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        let needle = Array(#""position":7"#.utf8)
        let place = try #require((0..<(count - needle.count)).first { Array(bytes[$0..<($0 + needle.count)]) == needle })
        var flipped = UInt8(ascii: "9")
        #expect(unsafe pwrite(descriptor, &flipped, 1, place + needle.count - 1) == 1)
        let store = ConsumerStore(directory: directory, tail: 10)
        guard case .unusable = store.fault else {
            Issue.record("\(String(describing: store.fault))")
            return
        }
        #expect(throws: ConsumerFault.self) { try store.consumer("a") }
        #expect(throws: ConsumerFault.self) { try store.create(consumer("b")) }
    }
}
