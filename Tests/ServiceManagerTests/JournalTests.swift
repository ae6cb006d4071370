import Glibc
import Logging
import ServiceManager
import TestSupport
import Testing

/// Entries in the journal's native protocol, taken by a socket that stands in for the journal.
@Suite struct JournalTests {
    private let scratch: Scratch
    private let journal: DatagramReceiver
    private let threshold = LogThreshold(.info)
    private let logger: Logger

    init() throws {
        scratch = try Scratch()
        journal = try DatagramReceiver(scratch.path + "/journal")
        let socket = try #require(JournalHandler.Socket(path: journal.address))
        let threshold = threshold
        logger = Logger(label: "test") { _ in JournalHandler(identifier: "journeyd", threshold: threshold, socket: socket) }
    }

    /// The fields of an entry, read as the protocol says.
    private func fields() throws -> [String: String] {
        let bytes = try journal.next()
        var (fields, at) = ([String: String](), 0)
        while at < bytes.count {
            let end = try #require(bytes[at...].firstIndex { $0 == UInt8(ascii: "=") || $0 == 10 })
            let name = String(decoding: bytes[at..<end], as: UTF8.self)
            if bytes[end] == 10 {
                let count = (0..<8).reduce(0) { $0 | Int(bytes[end + 1 + $1]) << ($1 * 8) }
                fields[name] = String(decoding: bytes[(end + 9)..<(end + 9 + count)], as: UTF8.self)
                at = end + 9 + count + 1
            } else {
                let line = try #require(bytes[end...].firstIndex(of: 10))
                fields[name] = String(decoding: bytes[(end + 1)..<line], as: UTF8.self)
                at = line + 1
            }
            #expect(bytes[at - 1] == 10)
        }
        return fields
    }

    @Test func metadataAreFields() throws {
        logger.notice("refused", metadata: ["uid": "1001", "content-type": "text"])
        let fields = try fields()
        #expect(fields["MESSAGE"] == "refused content-type=text uid=1001")
        #expect(fields["PRIORITY"] == "5" && fields["SYSLOG_IDENTIFIER"] == "journeyd")
        #expect(fields["JOURNEYD_UID"] == "1001" && fields["JOURNEYD_CONTENT_TYPE"] == "text")
        #expect(fields["CODE_FILE"]?.hasSuffix("JournalTests.swift") == true && fields["CODE_LINE"] != nil)
    }

    @Test func linesFeedsStayInOneValue() throws {
        logger.error("one\nJOURNEYD_UID=0\ntwo")
        let fields = try fields()
        #expect(fields["MESSAGE"] == "one\nJOURNEYD_UID=0\ntwo" && fields["JOURNEYD_UID"] == nil)
    }

    @Test func aLongValueIsCutBetweenCharacters() throws {
        logger.info("\(String(repeating: "ü", count: 20_000))")
        let message = try #require(try fields()["MESSAGE"])
        #expect(message.utf8.count <= 16 << 10 && message.hasSuffix("ü … cut"))
    }

    @Test func theThresholdHoldsForAllLoggersAndCanChange() throws {
        logger.debug("no")
        threshold.level = .debug
        logger.debug("yes")
        #expect(try fields()["MESSAGE"] == "yes")
    }

    @Test func theJournalIsFoundByDeviceAndInode() {
        var status = stat()
        _ = unsafe fstat(STDERR_FILENO, &status)
        #expect(JournalHandler.isJournal(STDERR_FILENO, ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]))
        #expect(!JournalHandler.isJournal(STDERR_FILENO, ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino + 1)"]))
        #expect(!JournalHandler.isJournal(STDERR_FILENO, [:]))
    }
}
