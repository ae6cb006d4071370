import ControlInterface
import Dispatch
import FoundationEssentials
import Glibc
import Impersonation
import JourneyModel
import Synchronization
import TestSupport
import Testing

/// Users in and out of each group try every route: what is allowed is what was configured, and nothing else.
@Suite struct AccessTests {
    private static let isRoot = geteuid() == 0
    private static let daemonUser: UInt32 = 50_010

    /// Who tries, in the order of the columns of `docs/access.md`.
    private static let users: [(name: String, user: UInt32, group: UInt32, others: [UInt32])] = [
        ("root", 0, 0, []), ("daemon's user", daemonUser, daemonUser, []), ("emit", 50_001, 60_001, []),
        ("emit some types", 50_002, 50_002, [60_009, 60_002]), ("ask", 50_003, 50_003, [60_003]), ("administer", 50_004, 50_004, []),
        ("nobody", 50_005, 50_005, [60_009]),
    ]
    private static let grants = [
        "emit": "gid:60001,gid:60002=marketing.* test.thing.happened", "ask": "gid:60003", "administer": "uid:50004",
    ]

    /// Runs `body` on a thread that is another user.
    private func asUser<Result: Sendable>(
        _ user: UInt32, _ group: UInt32, _ others: [UInt32], _ body: @escaping @Sendable () throws -> Result
    ) throws -> Result {
        let result = Mutex<Swift.Result<Result, any Error>?>(nil)
        let thread = TestThread {
            let failed = unsafe user != 0 && impersonate(user, group, others, Int32(others.count)) != 0
            result.withLock {
                $0 = failed ? .failure(Daemon.Failure(description: "cannot become user \(user)")) : Swift.Result { try body() }
            }
        }
        thread.join()
        return try #require(result.withLock { $0 }).get()
    }

    private func daemon(_ scratch: Scratch, _ access: [String: String]) throws -> Daemon {
        let environment = Dictionary(uniqueKeysWithValues: access.map { ("JOURNEYD_ACCESS_\($0.key.uppercased())", $0.value) })
        let daemon = try Daemon(scratch, environment: environment)
        // Who may do what is the daemon's decision here, not the directory's.
        unsafe chmod(scratch.path, 0o755)
        unsafe chmod(daemon.socketPath, 0o666)
        return daemon
    }

    /// The table of `docs/access.md`: for each call, what it says for each user.
    private func table() throws -> [String: [String]] {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/docs/access.md"
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ").replacing("`", with: "") }
        }
        #expect(rows.first == ["call"] + Self.users.map(\.name))
        return Dictionary(uniqueKeysWithValues: rows.dropFirst(2).map { ($0[0], Array($0.dropFirst())) })
    }

    private func attempt(_ daemon: Daemon, _ endpoint: Endpoint, _ user: Int, type: String) throws -> Int {
        let (_, uid, gid, others) = Self.users[user]
        let path = endpoint.path.replacing("{position}", with: "1").replacing("{subject}", with: "lead:1").replacing("{name}", with: "n")
        let body = endpoint == .append ? eventJSON("\(uid)-\(type)", type: type) : ""
        let head = "\(endpoint.method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\n"
        return try asUser(uid, gid, others) {
            try RawConnection(daemon.socketPath).request(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).status
        }
    }

    /// Every user of the table tries every call there is.
    private func compare(_ daemon: Daemon, users: [Int]) throws {
        #expect(try daemon.post(eventJSON("0")).status == 200)
        let table = try table()
        #expect(Set(table.keys) == Set(Endpoint.allCases.map { "\($0.method) \($0.path)" }), "no call is without a rule")
        for endpoint in Endpoint.allCases {
            let rules = table["\(endpoint.method) \(endpoint.path)"] ?? []
            #expect(rules.count == Self.users.count)
            for (user, rule) in rules.enumerated() where users.contains(user) {
                // Refused by another rule than that of access is as good as allowed.
                let status = try attempt(daemon, endpoint, user, type: "test.thing.happened")
                #expect(
                    (status != 403) == (rule != "–"), "\(Self.users[user].name): \(endpoint) was answered \(status), the table says \(rule)"
                )
                guard rule == "types" else { continue }
                #expect(try attempt(daemon, endpoint, user, type: "sales.other.thing") == 403)
            }
        }
    }

    @Test(.enabled(if: isRoot, "only root can become other users"))
    func everyCallIsOpenToThoseWhoMayAndToNobodyElse() throws {
        let scratch = try Scratch()
        // As its own user, where the programs can be reached by others than root.
        unsafe chown(scratch.path, Self.daemonUser, Self.daemonUser)
        let canStart = try asUser(Self.daemonUser, Self.daemonUser, []) { unsafe Glibc.access(Daemon.programs + "journeyd", X_OK) == 0 }
        if !canStart { print("AccessTests: \(Daemon.programs) cannot be reached by others than root: the daemon's own user is not tried") }
        let daemon =
            canStart
            ? try asUser(Self.daemonUser, Self.daemonUser, []) { try self.daemon(scratch, Self.grants) } : try daemon(scratch, Self.grants)
        try compare(daemon, users: Self.users.indices.filter { canStart || Self.users[$0].user != Self.daemonUser })
        let event = try daemon.get("/v1/events?after=1").json?["events"]?.elements?.first { $0["id"]?.text?.hasPrefix("50001") == true }
        #expect(event?["emitteruid"]?.integer == 50_001)
        let refusals = daemon.log.split(separator: "\n").filter { $0.contains("refused") }
        #expect(refusals.contains { $0.contains("call=journey ") && $0.contains("uid=50001") && $0.contains("request=") })
        #expect(!daemon.log.contains("lead:1") && !daemon.log.contains("sales.other.thing"), "without what was asked or sent")
        // Whoever may do nothing is not told what there is.
        let unknown = try asUser(50_005, 50_005, []) {
            try RawConnection(daemon.socketPath).request("GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n").status
        }
        #expect(unknown == 403)
    }

    @Test(.enabled(if: isRoot, "only root can become other users"))
    func aGroupMayBeLimitedToTypes() throws {
        let scratch = try Scratch()
        let daemon = try daemon(scratch, ["emit": "gid:60001=marketing.* test.thing.happened,gid:60002=sales.*"])
        func emit(_ groups: [UInt32], _ body: String, _ type: String) throws -> RawConnection.Answer {
            try asUser(50_001, 50_001, groups) { try daemon.post(body, type) }
        }
        let allowed = eventJSON("1", type: "marketing.custom.thing")
        let other = eventJSON("2", type: "marketingx.custom.thing")
        #expect(try emit([60_001], allowed, "application/cloudevents+json").status == 200)
        let refused = try emit([60_001], other, "application/cloudevents+json")
        #expect(refused.status == 403 && refused.json?["errors"]?.elements?.first?["pointer"]?.text == "/type")
        let array = try emit([60_001], "[\(eventJSON("3")),\(other)]", "application/cloudevents-batch+json")
        #expect(array.status == 403 && array.json?["errors"]?.elements?.first?["pointer"]?.text == "/1/type")
        let lines = try emit([60_001], [eventJSON("3"), other, eventJSON("4")].joined(separator: "\n"), "application/x-ndjson").lines
        #expect(lines.compactMap { $0["appended"]?.integer }.reduce(0, +) == 2)
        let rejected = lines.flatMap { $0["rejected"]?.elements ?? [] }
        #expect(rejected.count == 1 && rejected[0]["line"]?.integer == 2 && rejected[0]["code"]?.text == "forbidden")
        // In two groups, what either may.
        #expect(try emit([60_001, 60_002], eventJSON("5", type: "sales.a.b"), "application/cloudevents+json").status == 200)
        #expect(try daemon.get("/v1/status").json?["position"]?.integer == 4)
    }

    @Test(.enabled(if: isRoot, "only root can become other users"))
    func aReloadTakesPermissionsAwayFromThoseWhoAreConnected() throws {
        let scratch = try Scratch()
        let file = scratch.path + "/journeyd.yaml"
        try "access:\n  ask: [gid:60002]\n".write(toFile: file, atomically: false, encoding: .utf8)
        let daemon = try Daemon(scratch, arguments: ["--config", file])
        unsafe chmod(scratch.path, 0o755)
        unsafe chmod(daemon.socketPath, 0o666)
        let isFollowing = DispatchSemaphore(value: 0)
        let reloader = TestThread {
            isFollowing.wait()
            try? "access:\n  ask: []\n".write(toFile: file, atomically: false, encoding: .utf8)
            kill(daemon.process, SIGHUP)
        }
        let status = try asUser(50_002, 50_002, [60_002]) {
            let follower = try daemon.connect()
            try follower.send("GET /v1/events?follow=true HTTP/1.1\r\nAccept: application/x-ndjson\r\n\r\n")
            #expect(try follower.readHead().status == 200)
            isFollowing.signal()
            // The answer ends, as what it tells is not for this user any more.
            while try follower.readChunk() != nil {}
            return try daemon.get("/v1/status").status
        }
        reloader.join()
        #expect(status == 403)
        #expect(try daemon.get("/v1/status").status == 200, "root still may")
    }

    @Test func aConfigurationThatSaysSomethingElseIsRefused() throws {
        let scratch = try Scratch()
        let file = scratch.path + "/journeyd.yaml"
        for (text, expected) in [
            ("access:\n  emitt: [root]\n", "access.emit'"), ("acess:\n  emit: [root]\n", "line 1"),
            ("access:\n  ask: [no-such-group-here]\n", "no group 'no-such-group-here'"),
            ("access:\n  ask: ['root=x.*']\n", "only emit can"),
            ("log:\n  qouta: 7\n", "log.quota"), ("log: [\n", "not YAML"), ("socketGroup: nobody-of-this-name\n", "no group"),
        ] {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            let run = try Program.run(
                "journeyd", ["--config", file, "--data", scratch.path + "/d", "--socket", scratch.path + "/s"], in: scratch)
            #expect(run.status != 0 && run.error.contains(expected), "\(text): \(run.error)")
            #expect(run.output.isEmpty)
        }
    }
}
