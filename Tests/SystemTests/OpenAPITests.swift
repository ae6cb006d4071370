import ControlInterface
import JourneyModel
import TestSupport
import Testing

/// What a running daemon answers is what its own document says.
@Suite struct OpenAPITests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private struct Request {
        let endpoint: Endpoint
        var target: String
        var body = ""
        var type = "application/json"
        var accept = "*/*"
        let status: Int

        init(
            _ endpoint: Endpoint, _ target: String, body: String = "", type: String = "application/json", accept: String = "*/*",
            is status: Int
        ) {
            (self.endpoint, self.target, self.body, self.type, self.accept, self.status) = (endpoint, target, body, type, accept, status)
        }
    }

    private static let question = #""steps":[{"type":"marketing.lead.created"},{"type":"sales.lead.accepted"}]"#

    /// A wait that is longer than it may be, and why.
    private static let stall: String = {
        let levels = #"{"name":"l","kind":"service-levels","definition":{"sal":"P1D"}}"#
        let events = [
            eventJSON("s1", type: "ops.definition.set", subject: "definition:l", data: levels),
            eventJSON("s2", type: "sales.lead.accepted", subject: "lead:stalled", time: "2026-03-01T00:00:00Z", data: "{}"),
            eventJSON(
                "s3", type: "ops.stall.snoozed", subject: "lead:stalled", time: "2026-03-10T00:00:00Z",
                data: #"{"until":"2026-04-01","reason":"their budget"}"#),
        ]
        return "[\(events.joined(separator: ","))]"
    }()

    private static let requests: [Request] = [
        Request(.append, "/v1/events", body: eventJSON("1"), type: "application/cloudevents+json", is: 200),
        Request(.append, "/v1/events", body: eventJSON("4", subject: "lead:2"), type: "application/cloudevents+json", is: 200),
        Request(.append, "/v1/events", body: "[]", type: "application/cloudevents-batch+json", is: 200),
        Request(.append, "/v1/events", body: eventJSON("2") + "\n{\n", type: "application/x-ndjson", is: 200),
        Request(.append, "/v1/events", body: eventJSON("3", subject: "x"), type: "application/cloudevents+json", is: 400),
        Request(.append, "/v1/events", body: eventJSON("1", type: "a.b.c"), type: "application/cloudevents+json", is: 409),
        Request(.append, "/v1/events", body: "x", type: "text/plain", is: 415),
        Request(.append, "/v1/events", body: String(repeating: "x", count: 100_000), type: "application/cloudevents+json", is: 413),
        Request(.events, "/v1/events?limit=5&type=sales.*", is: 200), Request(.events, "/v1/events?limit=0", is: 400),
        Request(.events, "/v1/events", accept: "application/x-ndjson", is: 200), Request(.events, "/v1/events?consumer=none", is: 404),
        Request(.event, "/v1/events/1", is: 200), Request(.event, "/v1/events/99999999", is: 404),
        Request(.journey, "/v1/journeys/lead:stalled?at=2026-03-20", is: 200), Request(.friction, "/v1/friction?at=2026-03-20", is: 200),
        Request(.journey, "/v1/journeys/lead:1?after=1", is: 200), Request(.journey, "/v1/journeys/nobody:1", is: 404),
        Request(.funnel, "/v1/funnel?by=data.region", is: 200), Request(.funnel, "/v1/funnel?after=99999999", is: 409),
        Request(.friction, "/v1/friction?at=2027-01-01", is: 200), Request(.friction, "/v1/friction?scope=x", is: 400),
        Request(.question, "/v1/questions", body: #"{"funnel":{\#(question)},"list":"all","compare":["posthog"]}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"funnel":{\#(question),"histogram":true,"trend":"month"}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"funnel":{\#(question)},"explain":{"step":1,"cell":"dropped"}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"funnel":{\#(question)},"plan":true}"#, accept: "application/x-ndjson", is: 200),
        Request(.question, "/v1/questions", body: #"{"paths":{}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"friction":{}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"stages":{"by":"data.region"},"asOf":50,"diff":20}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"stages":{},"assuming":[{"linked":{"a":"lead:1","b":"lead:2"}}]}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"stages":{},"under":{}}"#, is: 422),
        Request(.question, "/v1/questions", body: #"{"retention":{"start":{"type":"a"},"return":{"type":"b"}}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"export":{"format":"ndjson"}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"export":{"format":"ocel"}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"export":{"format":"xes"}}"#, is: 200),
        Request(.question, "/v1/questions", body: #"{"funnel":{}}"#, is: 422),
        Request(.putView, "/v1/views/f", body: #"{"funnel":{\#(question)},"alerts":[{"cell":"step:1","above":1e9}]}"#, is: 201),
        Request(.putView, "/v1/views/f", body: #"{"funnel":{\#(question)}}"#, is: 200),
        Request(.putView, "/v1/views/p", body: #"{"paths":{}}"#, is: 201),
        Request(.putView, "/v1/views/f", body: #"{"funnel":{},"asOf":1}"#, is: 422),
        Request(.putView, "/v1/views/funnel", body: #"{"funnel":{\#(question)}}"#, is: 409),
        Request(.views, "/v1/views", is: 200), Request(.view, "/v1/views/f?after=1", is: 200), Request(.view, "/v1/views/p", is: 200),
        Request(.view, "/v1/views/f?asOf=100&explain=step:1,dropped", is: 200), Request(.view, "/v1/views/f?list=journeys", is: 200),
        Request(.view, "/v1/views/f?explain=nothing", is: 400), Request(.view, "/v1/views/funnel", is: 200),
        Request(.view, "/v1/views/funnel?asOf=50", is: 200), Request(.view, "/v1/views/friction?asOf=50", is: 200),
        Request(.view, "/v1/views/friction", is: 200), Request(.view, "/v1/views/none", is: 404),
        Request(.deleteView, "/v1/views/f?version=7", is: 404), Request(.deleteView, "/v1/views/f", is: 200),
        Request(.deleteView, "/v1/views/none", is: 404),
        Request(.quality, "/v1/quality", is: 200),
        Request(.createConsumer, "/v1/consumers/c", body: #"{"type":"sales.*","start":"now"}"#, is: 201),
        Request(.createConsumer, "/v1/consumers/c", body: #"{"type":"sales.*"}"#, is: 200),
        Request(.createConsumer, "/v1/consumers/c", is: 409),
        Request(.acknowledge, "/v1/consumers/c/ack", body: #"{"position":1}"#, is: 200),
        Request(.acknowledge, "/v1/consumers/c/ack", body: #"{"position":99999999}"#, is: 409),
        Request(.consumers, "/v1/consumers", is: 200), Request(.consumer, "/v1/consumers/c", is: 200),
        Request(.deleteConsumer, "/v1/consumers/c", is: 200), Request(.consumer, "/v1/consumers/c", is: 404),
        Request(.seal, "/v1/admin/seal", is: 200), Request(.verify, "/v1/admin/verify", is: 200),
        Request(.retain, "/v1/admin/retain", body: #"{"bytes":0}"#, is: 200), Request(.retain, "/v1/admin/retain", body: "{}", is: 400),
        Request(.retain, "/v1/admin/retain", body: #"{"bytes":0,"token":"x"}"#, is: 409),
        Request(.erase, "/v1/admin/erase", body: #"{"subject":"lead:1"}"#, is: 200),
        Request(.erase, "/v1/admin/erase", body: #"{"subject":"lead:nobody"}"#, is: 404),
        Request(.backup, "/v1/admin/backup", is: 200), Request(.status, "/v1/status", is: 200),
        Request(.openAPI, "/v1/openapi.json", is: 200),
        Request(.health, "/healthz", is: 200), Request(.metrics, "/metrics", is: 200),
    ]

    @Test(.timeLimit(.minutes(10))) func answersAreWhatTheDocumentSays() throws {
        let daemon = try Daemon(scratch)
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "60", "--seed", "3"], in: scratch)
        #expect(try daemon.post(simulated.output, "application/x-ndjson").status == 200)
        // The view has seen it before it is asked.
        let stalled = try daemon.post(Self.stall, "application/cloudevents-batch+json").json?["last"]?.integer ?? 0
        #expect(try daemon.get("/v1/funnel?after=\(stalled)").status == 200)
        let document = try JSONValue(text: daemon.get("/v1/openapi.json").text)
        let schema = JSONSchema(document: document)
        for request in Self.requests {
            let answer = try send(request, daemon)
            #expect(answer.status == request.status, "\(request): \(answer.text.prefix(300))")
            let found = faults(answer, request, document, schema)
            #expect(
                found.isEmpty, "\(request.endpoint) \(request.target) \(request.body): \(found.prefix(5)) in \(answer.text.prefix(300))")
        }
        #expect(Set(Self.requests.map(\.endpoint)) == Set(Endpoint.allCases), "every call is made")
    }

    private func send(_ request: Request, _ daemon: Daemon) throws -> RawConnection.Answer {
        let head = "\(request.endpoint.method) \(request.target) HTTP/1.1\r\nHost: x\r\nAccept: \(request.accept)\r\n"
        let content = "Content-Type: \(request.type)\r\nContent-Length: \(request.body.utf8.count)\r\n\r\n"
        return try daemon.connect().request(head + content + request.body)
    }

    private func faults(_ answer: RawConnection.Answer, _ request: Request, _ document: JSONValue, _ schema: JSONSchema) -> [String] {
        let operation = document["paths"]?[request.endpoint.path]?[request.endpoint.method.lowercased()]
        var response = operation?["responses"]?["\(answer.status)"]
        if let reference = response?["$ref"]?.text { response = schema.resolve(reference) }
        guard let response else { return ["the status \(answer.status) is not documented"] }
        for (name, header) in (response["headers"]?.members ?? []).map({ ($0.name, $0.value) }) {
            let declared = header["$ref"]?.text.map { schema.resolve($0) } ?? header
            if declared["required"] == .bool(true), answer.headers[name.lowercased()] == nil { return ["the header \(name) is missing"] }
        }
        let kind = (answer.headers["content-type"] ?? "").prefix { $0 != ";" }
        guard let content = response["content"]?[String(kind)] else { return ["the content type \(kind) is not documented"] }
        if let line = content["x-line"] { return answer.lines.flatMap { schema.faults($0, line) } }
        guard kind.hasSuffix("json"), let declared = content["schema"] else { return [] }
        return answer.json.map { schema.faults($0, declared) } ?? ["it is not JSON"]
    }
}
