import ControlInterface
import JourneyModel
import Testing

@Suite struct RouteTests {
    private func route(_ method: String, _ target: String, accept: String? = nil, lastEventID: String? = nil) throws -> Route {
        try Route(method: method, target: RequestTarget(target), accept: accept, lastEventID: lastEventID)
    }

    private func problem(_ method: String, _ target: String, accept: String? = nil) -> Problem? {
        do {
            _ = try route(method, target, accept: accept)
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test(arguments: [
        ("GET", "/v2/events", "not-found"), ("GET", "/", "not-found"), ("GET", "/v1/events/0", "not-found"),
        ("GET", "/v1/events/x", "not-found"), ("DELETE", "/v1/events", "method-not-allowed"),
        ("POST", "/v1/funnel", "method-not-allowed"), ("GET", "/v1/funnel?form=2026", "invalid-parameter"),
        ("GET", "/v1/funnel?from=soon", "invalid-parameter"), ("GET", "/v1/funnel?scope=all", "invalid-parameter"),
        ("GET", "/v1/funnel?by=region", "invalid-parameter"), ("GET", "/v1/funnel?at=2026-01-01&at=2026-01-02", "invalid-parameter"),
        ("GET", "/v1/events?limit=0", "invalid-parameter"), ("GET", "/v1/events?limit=10001", "invalid-parameter"),
        ("GET", "/v1/events?after=-1", "invalid-parameter"), ("GET", "/v1/events?subject=lead", "invalid-parameter"),
        ("GET", "/v1/events?follow=true", "invalid-parameter"), ("POST", "/v1/events?atomic=maybe", "invalid-parameter"),
        ("GET", "/v1/journeys/lead%3", "malformed-request"), ("GET", "/v1/journeys/%ff", "malformed-request"),
    ])
    func faultsHaveTheirCode(_ method: String, _ target: String, _ code: String) {
        #expect(problem(method, target)?.code.rawValue == code)
    }

    @Test func anUnknownParameterIsNamed() {
        let problem = problem("GET", "/v1/friction?form=2026")
        #expect(problem?.errors.first?.pointer == "/form")
        #expect(problem?.detail.contains("from") == true)
    }

    @Test func pathsAreDecoded() throws {
        guard case .journey(let subject, _, let after) = try route("GET", "/v1/journeys/lead%3A%CE%95%20a?after=7") else {
            Issue.record("another route")
            return
        }
        #expect(subject == "lead:Ε a" && after == 7)
    }

    @Test func lastEventIDResumes() throws {
        guard case .events(let query) = try route("GET", "/v1/events?after=3", accept: "text/event-stream", lastEventID: "9") else {
            Issue.record("another route")
            return
        }
        #expect(query.after == 9 && query.follows && query.form == .serverSent)
    }
}
