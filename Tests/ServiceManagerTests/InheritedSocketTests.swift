import ServiceManager
import Testing

/// What an environment says of descriptors that are handed over.
@Suite struct InheritedSocketTests {
    private func take(_ environment: [String: String]) throws -> Int32? {
        try InheritedSocket.take(environment, names: ["journeyd.socket", "journeyd"], process: 42)
    }

    @Test func oneDescriptorIsTaken() throws {
        #expect(try take(["LISTEN_FDS": "1", "LISTEN_PID": "42"]) == 3)
        #expect(try take(["LISTEN_FDS": "1", "LISTEN_PID": "42", "LISTEN_FDNAMES": "journeyd.socket"]) == 3)
        #expect(try take(["LISTEN_FDS": "1", "LISTEN_PID": "42", "LISTEN_FDNAMES": "unknown"]) == 3)
    }

    @Test func whatIsMeantForAnotherProcessIsLeftAlone() throws {
        #expect(try take([:]) == nil)
        #expect(try take(["LISTEN_FDS": "1", "LISTEN_PID": "43"]) == nil)
        #expect(try take(["LISTEN_FDS": "1"]) == nil)
    }

    @Test(arguments: [
        ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "journeyd.socket:other"], ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "other"],
        ["LISTEN_FDS": "2"], ["LISTEN_FDS": "x"], ["LISTEN_FDS": "0"],
    ])
    func whatNobodyWouldAnswerOnIsRefused(_ environment: [String: String]) {
        #expect(throws: InheritedSocket.Failure.self) { try take(environment.merging(["LISTEN_PID": "42"]) { $1 }) }
    }
}
