import JourneyClient
import NIOHTTP1
import Testing

@Suite("Requests", .timeLimit(.minutes(10)))
struct RequestTests {
    @Test("a request carries its method, path, query, headers and body, and the answer comes back whole")
    func roundTrip() async throws {
        try await TestServer.run { peer in
            while let (head, body) = try await peer.request() {
                let text = "\(head.method) \(head.uri) \(head.headers["X-Test"].joined()) \(body)"
                try await peer.answer(.accepted, ["Journeyd-Position": "42"], text)
            }
        } test: { server in
            let client = JourneyClient(socketPath: server.path)
            let response = try await client.request(
                "POST", "/v1/questions", query: ["by": "data.region & more", "at": nil], headers: ["X-Test": "yes"], body: Array("{}".utf8))
            #expect(String(decoding: response.body, as: UTF8.self) == "POST /v1/questions?by=data.region%20%26%20more yes {}")
            #expect(response.status == 202)
            #expect(response.position == 42)
            #expect(response[header: "content-LENGTH"] == "53")
        }
    }

    @Test("requests one after the other share a connection")
    func keepAlive() async throws {
        try await TestServer.run { peer in
            while try await peer.request() != nil { try await peer.answer() }
        } test: { server in
            let client = JourneyClient(socketPath: server.path)
            for _ in 0..<5 { _ = try await client.request("GET", "/healthz") }
            #expect(server.connections == 1)
        }
    }

    @Test("a connection the daemon has closed while it idled is replaced")
    func closedWhileIdle() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.answer()
        } test: { server in
            let client = JourneyClient(socketPath: server.path)
            for _ in 0..<20 { _ = try await client.request("GET", "/healthz") }
            #expect(server.connections == 20)
        }
    }

    @Test("a refusal is thrown with its code and its faults, and the connection stays usable")
    func problem() async throws {
        let body = """
            {"type":"about:blank","status":400,"code":"invalid-event","title":"Invalid event","detail":"1 fault",
            "errors":[{"pointer":"/data/money","detail":"expected an object"}]}
            """
        try await TestServer.run { peer in
            while try await peer.request() != nil {
                try await peer.answer(.badRequest, ["Content-Type": "application/problem+json"], body)
            }
        } test: { server in
            let client = JourneyClient(socketPath: server.path)
            for _ in 0..<2 {
                let problem = await #expect(throws: ProblemDetails.self) {
                    try await client.append(Array("{}".utf8), contentType: .event)
                }
                #expect(problem?.code == "invalid-event")
                #expect(problem?.errors.map(\.pointer) == ["/data/money"])
                #expect(problem?.description == "Invalid event: 1 fault (invalid-event, 400)\n  /data/money: expected an object")
            }
            #expect(server.connections == 1)
        }
    }

    @Test("an error without a problem in it is told by its status")
    func plainError() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.answer(.badGateway, [:], "<html>")
        } test: { server in
            let problem = await #expect(throws: ProblemDetails.self) {
                try await JourneyClient(socketPath: server.path).request("GET", "/v1/status")
            }
            #expect(problem?.description == "Bad Gateway (502)")
        }
    }

    @Test("an answer that breaks off is an error")
    func brokenOff() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            try await peer.send("{\"position\":")
        } test: { server in
            await #expect(throws: ClientError.connectionLost(reason: "it was closed before the answer was complete")) {
                try await JourneyClient(socketPath: server.path).request("GET", "/v1/status")
            }
        }
    }

    @Test("a socket nobody listens on is told with its path, the reason and what to try")
    func cannotConnect() async throws {
        let error = await #expect(throws: ClientError.self) {
            try await JourneyClient(socketPath: "/nowhere/journeyd.sock").request("GET", "/v1/status")
        }
        #expect(
            error?.description == "cannot connect to /nowhere/journeyd.sock: No such file or directory; "
                + "is journeyd running? try: systemctl status journeyd")
        let long = "/" + String(repeating: "x", count: 200)
        await #expect(throws: ClientError.cannotConnect(path: long, reason: "the path is too long for a socket")) {
            try await JourneyClient(socketPath: long).lines("/v1/events")
        }
    }
}
